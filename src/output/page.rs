//! The paper that answers for people are written on: lines, fields, tables, bars. Colours are
//! names here; everything foreign is escaped before it is coloured.

use crate::core::class::Class;
use crate::core::command::{NextStep, Shell, TargetFlags};
use crate::core::escape;
use crate::core::failure::{BANK_CHECK_OPEN, Charged, Parts};
use anstyle::{AnsiColor, Style};
use std::collections::BTreeMap;

/// What a piece of text means; the colour follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// A heading or the value that was asked for.
    Strong,
    /// Beside the point.
    Dim,
    /// As good as the first, and another.
    Other,
    /// As it should be.
    Good,
    /// Needs attention.
    Warn,
    /// Wrong, or nearly.
    Bad,
}

/// The heads of columns that hold names: they are cut first where a table is too wide.
const NAMES: &[&str] = &["name", "profile", "team", "mandate", "user", "what for", "what", "for"];
/// The heads of columns that hold ids, which are cut where short names alone are not enough. Whoever
/// wants to copy one has it whole in a pipe and in a document.
const IDS: &[&str] = &["id", "external id", "charge or purchase"];
/// Where a page of the embedded sandbox is seen.
const SERVED: &str = "shown by 'topup sandbox serve'";
/// No name is cut shorter, unless there is no room for that either.
const SHORTEST_NAME: usize = 8;
/// Nothing is cut shorter.
const SHORTEST_CELL: usize = 4;

/// No cell of a table is wider: what one foreign text takes, the amounts beside it would lack.
pub(super) const WIDEST_CELL: usize = 128;

/// Collects the text of one answer.
pub struct Page {
    text: String,
    color: bool,
    width: usize,
    fits: bool,
    target: TargetFlags,
    shell: Shell,
}

/// The columns of the terminal, or 80.
pub fn width() -> usize {
    known_width().unwrap_or(80)
}

/// The columns, where somebody reads at a terminal or says how many there are.
pub fn known_width() -> Option<usize> {
    let given = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal = || {
        rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| usize::from(size.ws_col))
    };
    given.or_else(terminal).filter(|columns| *columns >= 20)
}

/// Whether bars and dots beyond ASCII can be shown here.
pub(super) fn shows_unicode() -> bool {
    let first = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    first.is_none_or(|locale| locale.to_ascii_lowercase().replace('-', "").contains("utf8"))
}

impl Page {
    /// An empty page.
    pub fn new(color: bool, width: usize) -> Self {
        Self {
            text: String::new(),
            color,
            width,
            fits: false,
            target: TargetFlags::default(),
            shell: Shell::default(),
        }
    }

    /// What the commands on it mean, and how their words are quoted.
    #[must_use]
    pub fn aimed(mut self, target: &TargetFlags, shell: Shell) -> Self {
        target.clone_into(&mut self.target);
        self.shell = shell;
        self
    }

    /// Keeps tables inside the columns there are, where somebody reads them at a terminal.
    #[must_use]
    pub fn fitting(mut self, fits: bool) -> Self {
        self.fits = fits;
        self
    }

    /// The columns there are.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Adds text exactly as it is: only for text of our own.
    pub fn raw(&mut self, text: &str) {
        self.text.push_str(text);
        if !text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// Adds comma-separated values with a heading, for spreadsheets and scripts.
    pub fn csv<const N: usize>(
        &mut self,
        heads: &[&str; N],
        rows: impl IntoIterator<Item = [String; N]>,
    ) {
        self.raw(&heads.join(","));
        for row in rows {
            self.text.push_str(&csv_line(&row));
        }
    }

    /// Adds one line.
    pub fn line(&mut self, tone: Tone, text: &str) {
        let styled = self.styled(tone, text);
        self.text.push_str(&styled);
        self.text.push('\n');
    }

    /// Adds text behind a head; at a terminal it goes on below its own beginning, not below the head.
    pub fn hanging(&mut self, tone: Tone, head: &str, text: &str) {
        let indent = head.chars().count();
        let room = self.width.saturating_sub(indent).max(SHORTEST_NAME);
        let mut lines = vec![String::new()];
        for word in text.split(' ') {
            let Some(last) = lines.last_mut() else { break };
            let is_full = last.chars().count() + 1 + word.chars().count() > room;
            if self.fits && is_full && !last.is_empty() {
                lines.push(word.to_owned());
            } else {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(word);
            }
        }
        for (at, line) in lines.iter().enumerate() {
            let before = if at == 0 { head.to_owned() } else { " ".repeat(indent) };
            self.line(tone, &format!("{before}{line}"));
        }
    }

    /// Adds one line that names a command to go on with.
    pub fn next_step(&mut self, tone: Tone, step: impl Into<NextStep>) {
        let shown = step.into().aimed(&self.target).shown(self.shell);
        self.line(tone, &shown);
    }

    /// Adds `label  value`, the labels of neighbours aligned.
    pub fn field(&mut self, label: &str, tone: Tone, value: &str) {
        let label = self.styled(Tone::Dim, &format!("{label:<16}"));
        let value = self.styled(tone, value);
        self.raw(&format!("{label}  {value}"));
    }

    /// The base of a system for a sentence. That of the embedded sandbox ends with this run.
    pub fn base<'a>(&self, url: &'a str) -> &'a str {
        if self.target.sandbox { "the sandbox" } else { url }
    }

    /// Adds a page of the system, or its base. Those of the embedded sandbox end with this run.
    pub fn link(&mut self, label: &str, url: &str) {
        let has_path = url.splitn(4, '/').nth(3).is_some_and(|path| !path.is_empty());
        match (self.target.sandbox, has_path) {
            (false, _) => self.field(label, Tone::Plain, url),
            (true, true) => self.field(label, Tone::Plain, SERVED),
            (true, false) => self.field(label, Tone::Plain, "the sandbox"),
        }
    }

    /// Adds a page of the system as the whole answer.
    pub fn bare_link(&mut self, url: &str) {
        self.line(Tone::Plain, if self.target.sandbox { SERVED } else { url });
    }

    /// Adds a table without lines: a heading and rows with a tone each, as wide as they need to
    /// be.
    pub fn table(&mut self, heads: &[&str], rows: impl IntoIterator<Item = (Tone, Vec<String>)>) {
        self.table_part(heads, rows, &mut TableColumns::default());
    }

    /// Adds a part of a table, the heading in front of its first one: no column is narrower than in
    /// the parts before.
    pub fn table_part(
        &mut self,
        heads: &[impl AsRef<str>],
        rows: impl IntoIterator<Item = (Tone, Vec<String>)>,
        columns: &mut TableColumns,
    ) {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
        let mut tones = Vec::new();
        let rows: Vec<(Tone, Vec<String>)> = rows
            .into_iter()
            .map(|(tone, row)| {
                (tone, row.iter().map(|cell| escape::short(cell, WIDEST_CELL)).collect())
            })
            .collect();
        let room =
            if self.fits { cut_to_fit(heads, &rows, self.width, columns) } else { BTreeMap::new() };
        let cut = |(at, cell): (usize, String)| match room.get(&at) {
            Some(room) => escape::short(&cell, *room),
            None => cell,
        };
        if columns.widths.is_empty() {
            let heads = heads.iter().map(|head| head.as_ref().to_uppercase());
            table.set_header(heads.enumerate().map(cut));
            tones.push(Tone::Dim);
        }
        for (tone, row) in rows {
            tones.push(tone);
            table.add_row(row.into_iter().enumerate().map(cut));
        }
        for (column, width) in table.column_iter_mut().zip(&columns.widths) {
            let padded = width.saturating_add(column.padding_width());
            let width = comfy_table::Width::Fixed(padded);
            column.set_constraint(comfy_table::ColumnConstraint::LowerBoundary(width));
        }
        let widths = table.column_max_content_widths();
        columns.widths.resize(widths.len(), 0);
        for (before, now) in columns.widths.iter_mut().zip(widths) {
            *before = now.max(*before);
        }
        for (tone, line) in tones.into_iter().zip(table.lines()) {
            let line = line.trim_end().strip_prefix(' ').unwrap_or(line.trim_end()).to_owned();
            // Harmless by its cells, and never cut: its last column may be the amount.
            let line = self.coloured(tone, escape::value(&line));
            self.raw(&line);
        }
    }

    /// Adds a bar that is this many percent full; the tone says how close it is.
    pub fn bar(&mut self, percent: u64) {
        const CELLS: u64 = 30;
        let tone = match percent {
            100.. => Tone::Bad,
            80..100 => Tone::Warn,
            _ => Tone::Good,
        };
        let filled = (percent.min(100) * CELLS).div_ceil(100);
        let count = |cells: u64| usize::try_from(cells).unwrap_or_default();
        let (full, empty) = if shows_unicode() { ("█", "░") } else { ("#", ".") };
        let bar = format!("{}{}", full.repeat(count(filled)), empty.repeat(count(CELLS - filled)));
        // Nothing foreign is in it, and `#` after `#` stays what it is.
        let bar = self.coloured(tone, format!("{bar} {percent} %"));
        self.raw(&format!("{:<16}  {bar}", ""));
    }

    /// A failure: what happened, whether money moved, what to do next.
    pub fn failure(&mut self, parts: &Parts) {
        let mark = self.styled(Tone::Bad, "error:");
        let message = escape::line(&parts.message);
        self.raw(&format!("{mark} {message}"));
        match (parts.charged, parts.charged_now) {
            (None, _) => {}
            // What the name or key has bought before stands in the message.
            (Some(Charged::No), _) if parts.class == Class::IdempotencyConflict => {
                self.line(Tone::Plain, "This run charged nothing.");
            }
            (Some(Charged::No), _) => self.line(Tone::Plain, "Nothing was charged."),
            // The message says where it stands, and a step that nothing is charged before the card
            // holder confirms it.
            (Some(Charged::Unknown), _)
                if matches!(
                    parts.class,
                    Class::Pending | Class::AuthenticationRequired | Class::ActionRequired
                ) => {}
            (Some(Charged::Unknown), now) if parts.code.as_deref() == Some(BANK_CHECK_OPEN) => {
                if now == Some(Charged::No) {
                    self.line(Tone::Plain, "This run charged nothing.");
                }
            }
            (Some(Charged::Unknown), Some(Charged::No)) => self.line(
                Tone::Warn,
                "This run charged nothing. Whether the purchase was charged before is not known.",
            ),
            (Some(Charged::Unknown), _) => {
                self.line(Tone::Warn, "It is not known whether your card was charged.");
            }
            (Some(Charged::Yes), Some(Charged::No)) => {
                self.line(Tone::Warn, "This run charged nothing; the purchase was charged before.");
            }
            (Some(Charged::Yes), Some(Charged::Unknown)) => {
                self.line(Tone::Warn, "Your card was charged, by this run or by an earlier one.");
            }
            (Some(Charged::Yes), _) => self.line(Tone::Warn, "Your card was charged."),
        }
        for hint in &parts.hints {
            self.line(Tone::Plain, &hint.shown(self.shell));
        }
        if let Some(url) = &parts.portal_url {
            self.line(Tone::Plain, url);
        }
    }

    /// Says that no real money is in it, where that is so.
    pub fn sandbox(&mut self, is_one: bool) {
        if is_one {
            self.line(Tone::Dim, "Sandbox: no real money.");
        }
    }

    /// Foreign text with the colour of its tone.
    pub fn styled(&self, tone: Tone, text: &str) -> String {
        self.coloured(tone, escape::line(text))
    }

    /// Text of our own with the colour of its tone, or foreign text that was escaped.
    pub(super) fn coloured(&self, tone: Tone, text: String) -> String {
        if !self.color || tone == Tone::Plain {
            return text;
        }
        let style = match tone {
            Tone::Plain => Style::new(),
            Tone::Strong => Style::new().bold(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Other => AnsiColor::Cyan.on_default(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Warn => AnsiColor::Yellow.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
        };
        format!("{style}{text}{style:#}")
    }

    /// The finished text.
    pub fn finish(self) -> String {
        self.text
    }
}

/// How wide the columns of a table are, as far as it was written.
#[derive(Debug, Default)]
pub struct TableColumns {
    widths: Vec<u16>,
}

/// One line of comma-separated values, with its end.
pub(super) fn csv_line(cells: &[String]) -> String {
    let mut line = cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(",");
    line.push('\n');
    line
}

/// How wide the cells of each column may be that is cut, so that every line fits; the columns of the
/// parts before become as narrow.
fn cut_to_fit(
    heads: &[impl AsRef<str>],
    rows: &[(Tone, Vec<String>)],
    width: usize,
    columns: &mut TableColumns,
) -> BTreeMap<usize, usize> {
    let wide = |text: &str| text.chars().count();
    let column = |at: usize| {
        let cells = rows.iter().filter_map(|(_, row)| row.get(at)).map(|cell| wide(cell));
        let before = columns.widths.get(at).map(|wide| usize::from(*wide));
        let head = heads.get(at).map(|head| wide(head.as_ref()));
        cells.chain(head).chain(before).max().unwrap_or_default()
    };
    let mut widths: Vec<usize> = (0..heads.len()).map(column).collect();
    let mut room = BTreeMap::new();
    // Between two columns there are two blanks.
    let total =
        |widths: &[usize]| widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
    for (what, shortest) in
        [(NAMES, SHORTEST_NAME), (IDS, SHORTEST_NAME), (NAMES, SHORTEST_CELL), (IDS, SHORTEST_CELL)]
    {
        while total(&widths) > width {
            let cut = heads.iter().enumerate().filter(|(_, head)| what.contains(&head.as_ref()));
            let widest = cut.map(|(at, _)| (widths[at], at)).max();
            let Some((wide, at)) = widest.filter(|(wide, _)| *wide > shortest) else { break };
            widths[at] = wide - 1;
            // The ellipsis takes one of them.
            room.insert(at, wide - 2);
        }
    }
    for (at, room) in &room {
        if let Some(before) = columns.widths.get_mut(*at) {
            *before = u16::try_from(room + 1).unwrap_or(*before).min(*before);
        }
    }
    room
}

/// Quoted where it must be; a leading sign that a spreadsheet would take for a formula, or a
/// runner of a CI for an order, is quoted away as well.
fn csv_cell(cell: &str) -> String {
    let cell: String = cell.chars().filter(|character| escape::is_plain(*character)).collect();
    let cell = escape::value(&cell);
    let formula = (cell.starts_with(['=', '+', '-', '@']) || cell.trim_start().starts_with("::"))
        && cell.parse::<rust_decimal::Decimal>().is_err();
    if formula || cell.contains([',', '"']) {
        let quote = if formula { "'" } else { "" };
        return format!("\"{quote}{}\"", cell.replace('"', "\"\""));
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(page: Page) -> Vec<String> {
        page.finish().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_table_at_a_terminal_cuts_names_then_ids_and_nothing_else() {
        let name = "a team with a name that is longer than any screen of a terminal is wide";
        let id = "0123456789abcdef0123456789abcdef";
        let rows = || [(Tone::Plain, vec![name.to_owned(), "$25.00".to_owned(), id.to_owned()])];
        let mut page = Page::new(false, 60).fitting(true);
        page.table(&["name", "amount", "id"], rows());
        let shown = lines(page);
        assert!(shown.iter().all(|line| line.chars().count() <= 60), "{shown:?}");
        assert!(shown[1].starts_with("a team") && shown[1].contains('…'), "{shown:?}");
        assert!(shown[1].contains("$25.00") && shown[1].ends_with(id), "{shown:?}");
        let mut page = Page::new(false, 40).fitting(true);
        page.table(&["name", "amount", "id"], rows());
        let shown = lines(page);
        assert!(shown.iter().all(|line| line.chars().count() <= 40), "{shown:?}");
        assert!(shown[1].contains("$25.00") && shown[1].contains("0123") && !shown[1].contains(id));
        // Part by part: a wide name behind a short one, and an amount that grows.
        let (mut page, mut columns) = (Page::new(false, 60).fitting(true), TableColumns::default());
        let heads = ["name", "amount", "id"];
        for (name, amount) in [("a", "$1.00"), (name, "$25.00"), ("b", "$1234567890.12")] {
            let row = vec![name.to_owned(), amount.to_owned(), id.to_owned()];
            page.table_part(&heads, [(Tone::Plain, row)], &mut columns);
        }
        let shown = lines(page);
        assert!(shown.iter().all(|line| line.chars().count() <= 60), "{shown:?}");
        assert!(shown.iter().skip(1).all(|line| line.ends_with(id)), "{shown:?}");
        let mut whole = Page::new(false, 60);
        whole.table(&["name", "amount", "id"], rows());
        assert!(lines(whole)[1].starts_with(name), "a pipe gets all of it");
    }

    #[test]
    fn a_long_text_hangs_below_its_beginning_at_a_terminal_alone() {
        let text = "a message of many words that is longer than the line";
        let mut page = Page::new(false, 30).fitting(true);
        page.hanging(Tone::Plain, "WRONG  ", text);
        assert_eq!(
            lines(page),
            ["WRONG  a message of many words", "       that is longer than the", "       line"]
        );
        let mut pipe = Page::new(false, 30);
        pipe.hanging(Tone::Plain, "WRONG  ", text);
        assert_eq!(lines(pipe), [format!("WRONG  {text}")]);
    }

    #[test]
    fn a_page_that_ends_with_the_run_is_no_link() {
        let url = "http://127.0.0.1:41234/billing?topup=open";
        let shown = |sandbox| {
            let target = TargetFlags { sandbox, ..TargetFlags::default() };
            let mut page = Page::new(false, 80).aimed(&target, Shell::default());
            page.link("portal", url);
            page.finish()
        };
        assert!(shown(false).contains(url));
        assert!(!shown(true).contains("http") && shown(true).contains("topup sandbox serve"));
    }
}
