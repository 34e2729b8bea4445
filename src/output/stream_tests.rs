//! Streams of rows: one document, whole or broken off at any place.

use super::*;

#[derive(Serialize)]
struct Row(u32);

impl StreamRow for Row {
    fn csv(&self) -> Vec<String> {
        vec![self.0.to_string(), "a,b".to_owned()]
    }

    fn cells(&self) -> (Tone, Vec<String>) {
        (Tone::Plain, self.csv())
    }
}

/// A pipe whose reader goes away after so many bytes.
struct Pipe {
    taken: Vec<u8>,
    room: usize,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = self.room - self.taken.len();
        if room == 0 {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        let count = room.min(bytes.len());
        self.taken.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn written(
    form: StreamForm,
    room: usize,
    write: impl FnOnce(&mut StreamWriter<'_>) -> Result<()>,
) -> (String, Result<()>) {
    let mut pipe = Pipe { taken: Vec::new(), room };
    let target = TargetFlags::default();
    let head = StreamHead {
        command: "list",
        system: None,
        target: &target,
        shell: Shell::default(),
        color: false,
    };
    let mut writer = StreamWriter::new(form, head, &mut pipe);
    let end = write(&mut writer);
    (String::from_utf8(pipe.taken).expect("text"), end)
}

fn rows(to: &mut StreamWriter<'_>, count: u32) -> Result<()> {
    to.field("currency", &"CHF")?;
    to.begin_rows("rows", RowLayout::Csv(&["number", "text"]));
    (0..count).try_for_each(|number| to.row(&Row(number)))
}

fn whole(to: &mut StreamWriter<'_>, count: u32) -> Result<()> {
    rows(to, count)?;
    to.end_rows()?;
    to.field("more", &false)?;
    to.finish()
}

#[test]
fn a_whole_answer_is_one_document_or_its_lines() {
    for count in [0, 1, 2, 30_000] {
        let (text, end) = written(StreamForm::Json, usize::MAX, |to| whole(to, count));
        end.expect("written");
        let document: Value = serde_json::from_str(&text).expect("one document");
        assert_eq!(document["ok"], true);
        assert_eq!(document["data"]["rows"].as_array().expect("rows").len(), count as usize);
        assert_eq!(document["data"]["more"], false);
        let (text, _) = written(StreamForm::Text, usize::MAX, |to| whole(to, count));
        assert_eq!(text.lines().count(), 1 + count as usize);
    }
}

#[test]
fn a_failure_in_the_middle_ends_a_document_that_is_not_ok() {
    let (text, _) = written(StreamForm::Json, usize::MAX, |to| {
        rows(to, 30_000)?;
        assert!(to.has_begun());
        to.break_off(&Failure::config("the disk is gone"))
    });
    let document: Value = serde_json::from_str(&text).expect("one document");
    assert_eq!(document["ok"], false);
    assert_eq!(document["error"]["message"], "the disk is gone");
    assert_eq!(document["data"]["rows"].as_array().expect("rows").len(), 30_000);
}

#[test]
fn what_another_thread_breaks_off_is_a_document_that_is_not_ok() {
    for fields_only in [false, true] {
        let mut ending = "";
        let (text, _) = written(StreamForm::Json, usize::MAX, |to| {
            if fields_only {
                to.field("text", &"a".repeat(PIECE))?;
            } else {
                rows(to, 30_000)?;
            }
            ending = to.ending();
            Ok(())
        });
        let end = broken_off(ending, &Failure::internal("a bug"), Shell::default());
        let document: Value = serde_json::from_str(&(text + &end)).expect("one document");
        assert_eq!(document["ok"], false);
        assert_eq!(document["error"]["class"], "internal");
    }
}

#[test]
fn what_is_cut_anywhere_has_no_ok() {
    let (text, _) = written(StreamForm::Json, usize::MAX, |to| whole(to, 5_000));
    for room in (0..text.len()).step_by(997).chain([text.len() - 1]) {
        let (part, end) = written(StreamForm::Json, room, |to| {
            let end = whole(to, 5_000);
            assert!(to.is_lost());
            end
        });
        assert!(end.is_err() && !part.contains("\"ok\":true}\n"), "{room}");
        assert!(serde_json::from_str::<Value>(&part).is_err() || room == text.len() - 1);
    }
}

#[test]
fn text_goes_into_a_document_piece_by_piece() {
    let (text, _) = written(StreamForm::Json, usize::MAX, |to| {
        for _ in 0..10_000 {
            to.plain("text", "a \"line\"\n")?;
        }
        to.finish()
    });
    let document: Value = serde_json::from_str(&text).expect("one document");
    assert_eq!(document["data"]["text"], "a \"line\"\n".repeat(10_000));
}
