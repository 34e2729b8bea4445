//! A whole answer, read to its end within bounds.

use super::failure::RequestFailed;
use crate::core::clock;
use jiff::Timestamp;
use reqwest::header::{
    AGE, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER,
};
use std::io::Read;
use std::time::{Duration, SystemTime};

/// No answer of any system is larger than this.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;

/// The most that a `Retry-After` may say in an answer.
const LONGEST_RETRY_AFTER: u64 = 3600;

/// A whole answer.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, at most [`MAX_BODY_BYTES`].
    pub body: Vec<u8>,
    /// Seconds to wait, at most an hour, from a `Retry-After` in seconds or as a date.
    pub retry_after: Option<u64>,
    /// The server's own clock.
    pub date: Option<Timestamp>,
    /// Whether the body says that it is JSON or says nothing.
    pub may_be_json: bool,
}

impl Response {
    /// Whether it is a page for people: something in between answered, and not the system.
    pub fn is_page(&self) -> bool {
        !self.may_be_json || self.body.trim_ascii_start().first() == Some(&b'<')
    }

    /// Whether it begins as a JSON object does: what then is none was spoiled on its way, and did
    /// not come from somewhere else.
    pub fn begins_as_object(&self) -> bool {
        let body = self.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.body);
        body.trim_ascii_start().first() == Some(&b'{')
    }
}

pub(super) fn read_whole(
    mut answer: reqwest::blocking::Response,
    started: Duration,
    deadline: Duration,
) -> Result<Response, RequestFailed> {
    // Each of them: what is plain in one header may be compressed in the next.
    if answer.headers().get_all(CONTENT_ENCODING).iter().any(|value| value != "identity") {
        return Err(RequestFailed::Encoded);
    }
    let mut body = Vec::new();
    let mut chunk = [0_u8; 16 * 1024];
    loop {
        if clock::monotonic().saturating_sub(started) >= deadline {
            return Err(RequestFailed::Late);
        }
        let count = answer.read(&mut chunk).map_err(RequestFailed::Reading)?;
        if count == 0 {
            break;
        }
        if body.len() + count > MAX_BODY_BYTES {
            return Err(RequestFailed::TooLarge);
        }
        body.extend_from_slice(&chunk[..count]);
    }
    let headers = answer.headers();
    Ok(Response {
        status: answer.status().as_u16(),
        retry_after: retry_after(headers, clock::now().into()),
        // What a cache has kept is as old as that, and says nothing of the server's clock now.
        date: header_text(headers, &DATE)
            .filter(|_| !headers.contains_key(AGE))
            .and_then(|text| httpdate::parse_http_date(text).ok())
            .and_then(|time| Timestamp::try_from(time).ok()),
        may_be_json: header_text(headers, &CONTENT_TYPE).is_none_or(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().ends_with("json"))
        }),
        body,
    })
}

fn header_text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// Seconds from a `Retry-After` in whole seconds or as a date; anything else is none.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    let text = header_text(headers, &RETRY_AFTER)?;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit is simply very long.
        return Some(text.parse().unwrap_or(u64::MAX).min(LONGEST_RETRY_AFTER));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    // A date in the past means now.
    let wait = date.duration_since(now).unwrap_or_default();
    Some(wait.as_secs().min(LONGEST_RETRY_AFTER))
}
