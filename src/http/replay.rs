//! Answers that are played instead of asked for: what the readers of answers meet, without a
//! network. Only where foreign bytes are tried out.
//!
//! A tape is text that people can read and a fuzzer can bend: the status in the first line, the
//! headers below it, an empty line, the body; a line with `---` between two answers. Whatever is
//! none of this is left out, so that every sequence of bytes is a tape.

use super::Http;
use crate::core::signals::Interrupt;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What stands between two answers.
const BETWEEN: &[u8] = b"\n---\n";

/// Some answers, in order; the last of them again and again.
#[derive(Clone)]
pub struct Replay {
    answers: Arc<Vec<Played>>,
    next: Arc<AtomicUsize>,
}

#[derive(Default)]
struct Played {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Replay {
    /// Reads a tape.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut answers = Vec::new();
        let mut rest = bytes;
        loop {
            let end = rest.windows(BETWEEN.len()).position(|part| part == BETWEEN);
            answers.push(Played::parse(&rest[..end.unwrap_or(rest.len())]));
            let Some(end) = end else { break };
            rest = &rest[end + BETWEEN.len()..];
        }
        Self { answers: Arc::new(answers), next: Arc::new(AtomicUsize::new(0)) }
    }

    pub(super) fn next(&self) -> reqwest::blocking::Response {
        let at = self.next.fetch_add(1, Ordering::Relaxed).min(self.answers.len() - 1);
        let played = &self.answers[at];
        let mut answer = hyper::Response::new(played.body.clone());
        *answer.status_mut() =
            hyper::StatusCode::from_u16(played.status).unwrap_or(hyper::StatusCode::OK);
        *answer.headers_mut() = played.headers.clone();
        answer.into()
    }
}

impl Played {
    fn parse(bytes: &[u8]) -> Self {
        let mut played = Self::default();
        let mut rest = bytes;
        let mut first = true;
        loop {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            let (line, behind) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
            rest = behind;
            if line.is_empty() {
                break;
            }
            if std::mem::take(&mut first) {
                played.status = std::str::from_utf8(line)
                    .ok()
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(200);
            } else if let Some(colon) = line.iter().position(|byte| *byte == b':')
                && let Ok(name) = HeaderName::from_bytes(&line[..colon])
                && let Ok(value) = HeaderValue::from_bytes(line[colon + 1..].trim_ascii())
            {
                played.headers.append(name, value);
            }
        }
        played.body = rest.to_vec();
        played
    }
}

impl Http {
    /// A client that gets the answers of this recording, for every request and every host.
    pub fn played(tape: Replay) -> Self {
        Self { played: Some(tape), ..Self::new(Interrupt::default(), None, None) }
    }
}
