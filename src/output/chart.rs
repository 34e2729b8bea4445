//! Bars side by side: one implementation for everything that is summed up by days or names. Each
//! series has a glyph of its own, so that the bars differ without colour and in plain ASCII,
//! and every amount stands in digits beside its bar.

use super::page::{Page, Tone, WIDEST_CELL, shows_unicode};
use crate::core::escape;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// No bar is longer, and none of the longest shorter.
const CELLS: std::ops::RangeInclusive<usize> = 8..=120;
/// A limit this many times above the largest bar would leave nothing of the bars.
const FAR: Decimal = Decimal::from_parts(4, 0, 0, false, 0);
/// On a terminal narrower than this, labels are as short as they can be.
pub const NARROW: usize = 60;

/// The style of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesStyle {
    /// The first of its kind.
    First,
    /// The second.
    Second,
    /// Not certain.
    Open,
}

/// What is summed up beside something else.
pub struct Series {
    /// Its name.
    pub name: String,
    /// Its style.
    pub style: SeriesStyle,
}

/// One bar: a label, texts in columns, and an amount for each series.
pub struct Bar {
    /// What it is about.
    pub label: String,
    /// What stands beside it.
    pub texts: Vec<String>,
    /// In the order of the series.
    pub parts: Vec<Decimal>,
}

/// A limit for every bar.
pub struct ChartLimit {
    /// How much.
    pub at: Decimal,
    /// What it is called.
    pub name: String,
}

/// All of it.
#[derive(Default)]
pub struct Chart {
    /// The headings of label and texts; none when there are none.
    pub heads: Vec<String>,
    /// What the bars are made of; with a legend where there are several or a limit.
    pub series: Vec<Series>,
    /// From top to bottom.
    pub bars: Vec<Bar>,
    /// The line that is drawn through all of them.
    pub limit: Option<ChartLimit>,
}

/// A cell of a bar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Of(SeriesStyle),
    ChartLimit,
    Empty,
}

impl SeriesStyle {
    fn glyph(self) -> &'static str {
        match (self, shows_unicode()) {
            (Self::First, true) => "█",
            (Self::First, false) => "#",
            (Self::Second, true) => "▒",
            (Self::Second, false) => "=",
            (Self::Open, true) => "░",
            (Self::Open, false) => "?",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::First => Tone::Good,
            Self::Second => Tone::Other,
            Self::Open => Tone::Warn,
        }
    }
}

impl Cell {
    fn glyph(self) -> &'static str {
        match self {
            Self::Of(style) => style.glyph(),
            Self::ChartLimit if shows_unicode() => "┊",
            Self::ChartLimit => "|",
            Self::Empty => " ",
        }
    }

    fn tone(self) -> Tone {
        match self {
            Self::Of(style) => style.tone(),
            Self::ChartLimit => Tone::Bad,
            Self::Empty => Tone::Plain,
        }
    }
}

impl Bar {
    /// All of it.
    fn total(&self) -> Decimal {
        self.parts.iter().fold(Decimal::ZERO, |sum, part| sum.saturating_add(*part))
    }
}

impl Chart {
    /// The amount that the whole width stands for.
    fn scale(&self) -> Decimal {
        let largest = self.bars.iter().map(Bar::total).max().unwrap_or_default();
        self.drawn_limit(largest).map_or(largest, |limit| limit.at.max(largest))
    }

    /// The limit, unless it is so far away that the bars would vanish beside it.
    fn drawn_limit(&self, largest: Decimal) -> Option<&ChartLimit> {
        self.limit.as_ref().filter(|limit| limit.at <= largest.saturating_mul(FAR))
    }

    /// The cells of one bar, the limit among them.
    fn cells(&self, bar: &Bar, width: usize, scale: Decimal) -> Vec<Cell> {
        let mut counts: Vec<usize> =
            bar.parts.iter().map(|part| cells_of(*part, scale, width)).collect();
        // What is there is seen, however little it is; the others make room for it.
        while counts.iter().sum::<usize>() > width {
            let Some(longest) = counts.iter_mut().max() else { break };
            *longest -= 1;
        }
        let mut cells = Vec::with_capacity(width + 1);
        for (series, count) in self.series.iter().zip(counts) {
            cells.extend(std::iter::repeat_n(Cell::Of(series.style), count));
        }
        let largest = self.bars.iter().map(Bar::total).max().unwrap_or_default();
        if let Some(limit) = self.drawn_limit(largest) {
            let at = cells_of(limit.at, scale, width);
            if cells.len() <= at {
                cells.resize(at + 1, Cell::Empty);
            }
            cells[at] = Cell::ChartLimit;
        }
        cells
    }
}

/// How many of `width` cells this amount takes: at least one, unless it is nothing.
fn cells_of(amount: Decimal, scale: Decimal, width: usize) -> usize {
    if amount <= Decimal::ZERO || scale <= Decimal::ZERO {
        return 0;
    }
    // Divided first: the product could be too large, the share never is.
    let share = amount.checked_div(scale).unwrap_or(Decimal::ONE);
    let cells = share.saturating_mul(Decimal::from(width)).round();
    cells.to_usize().unwrap_or(width).clamp(1, width)
}

impl Page {
    /// Adds a chart, as wide as the page.
    pub fn chart(&mut self, chart: &Chart) {
        let shown = |text: &str| escape::short(text, WIDEST_CELL);
        let columns = chart.bars.iter().map(|bar| bar.texts.len()).max().unwrap_or_default();
        let heads = |at: usize| chart.heads.get(at).map(|head| shown(head)).unwrap_or_default();
        let length = |text: &str| text.chars().count();
        let widest = |at: usize, of: &dyn Fn(&Bar) -> String| {
            let widest = chart.bars.iter().map(|bar| length(&of(bar))).max().unwrap_or_default();
            widest.max(length(&heads(at)))
        };
        let text_of = |bar: &Bar, at: usize| bar.texts.get(at).map(|text| shown(text));
        let text = |bar: &Bar, at: usize| text_of(bar, at).unwrap_or_default();
        let label_width = widest(0, &|bar| shown(&bar.label));
        let widths: Vec<usize> =
            (0..columns).map(|at| widest(at + 1, &|bar| text(bar, at))).collect();
        let taken = label_width + widths.iter().map(|width| width + 2).sum::<usize>() + 3;
        let width = self.width().saturating_sub(taken).clamp(*CELLS.start(), *CELLS.end());
        if !chart.heads.is_empty() {
            let mut line = format!("{:<label_width$}", heads(0));
            for (at, width) in widths.iter().enumerate() {
                line.push_str(&format!("  {:>width$}", heads(at + 1)));
            }
            self.line(Tone::Dim, line.to_uppercase().trim_end());
        }
        let scale = chart.scale();
        for bar in &chart.bars {
            let label = shown(&bar.label);
            let mut line = format!("{label:<label_width$}");
            for (at, width) in widths.iter().enumerate() {
                line.push_str(&format!("  {:>width$}", text(bar, at)));
            }
            line.push_str("  ");
            line.push_str(&self.run_of(&chart.cells(bar, width, scale)));
            self.raw(line.trim_end());
        }
        self.legend(chart);
    }

    /// Cells as text: neighbours of one kind are coloured together.
    fn run_of(&self, cells: &[Cell]) -> String {
        let runs = cells.chunk_by(|one, other| one == other);
        runs.map(|run| {
            let cell = run.first().copied().unwrap_or(Cell::Empty);
            self.coloured(cell.tone(), cell.glyph().repeat(run.len()))
        })
        .collect()
    }

    /// What the glyphs mean, where they do not speak for themselves.
    fn legend(&mut self, chart: &Chart) {
        let mut parts = Vec::new();
        if chart.series.len() > 1 || chart.limit.is_some() {
            for series in &chart.series {
                let glyph = self.run_of(&[Cell::Of(series.style)]);
                parts.push(format!("{glyph} {}", escape::line(&series.name)));
            }
        }
        if let Some(limit) = &chart.limit {
            let largest = chart.bars.iter().map(Bar::total).max().unwrap_or_default();
            let name = escape::line(&limit.name);
            parts.push(match chart.drawn_limit(largest) {
                Some(_) => format!("{} {name}", self.run_of(&[Cell::ChartLimit])),
                None => format!("{name} is far above"),
            });
        }
        if !parts.is_empty() {
            // Beside each other where there is room.
            self.raw(&parts.join(if self.width() < NARROW { "\n" } else { "   " }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(parts: &[i64]) -> Bar {
        let parts = parts.iter().map(|part| Decimal::from(*part)).collect();
        Bar { label: "2026-11-24".into(), texts: vec!["$1.00".into()], parts }
    }

    fn chart(bars: &[&[i64]], limit: Option<i64>) -> Chart {
        let series = |name: &str, style| Series { name: name.into(), style };
        Chart {
            heads: Vec::new(),
            series: vec![
                series("nous", SeriesStyle::First),
                series("ciris", SeriesStyle::Second),
                series("open", SeriesStyle::Open),
            ],
            bars: bars.iter().map(|parts| bar(parts)).collect(),
            limit: limit.map(|at| ChartLimit { at: at.into(), name: "max_per_day $9".into() }),
        }
    }

    fn counts(cells: &[Cell]) -> [usize; 4] {
        let count = |cell| cells.iter().filter(|other| **other == cell).count();
        [SeriesStyle::First, SeriesStyle::Second, SeriesStyle::Open]
            .map(|style| count(Cell::Of(style)))
            .into_iter()
            .chain([count(Cell::ChartLimit)])
            .collect::<Vec<_>>()
            .try_into()
            .expect("four")
    }

    #[test]
    fn a_bar_is_as_long_as_its_share_and_the_least_is_seen() {
        let chart = chart(&[&[50, 25, 25], &[50, 0, 0], &[1, 0, 0], &[98, 1, 1], &[0, 0, 0]], None);
        let scale = chart.scale();
        let of = |at: usize| counts(&chart.cells(&chart.bars[at], 20, scale));
        assert_eq!(of(0), [10, 5, 5, 0]);
        assert_eq!(of(1), [10, 0, 0, 0]);
        assert_eq!(of(2), [1, 0, 0, 0]);
        assert_eq!(of(3), [18, 1, 1, 0]);
        assert_eq!(of(4), [0, 0, 0, 0]);
    }

    #[test]
    fn the_limit_stands_at_one_place_in_every_bar_unless_it_is_far_away() {
        let near = chart(&[&[50, 0, 0], &[200, 0, 0], &[0, 0, 0], &[100, 0, 0]], Some(100));
        let scale = near.scale();
        for (at, filled) in [(0, 5), (1, 19), (2, 0), (3, 10)] {
            let cells = near.cells(&near.bars[at], 20, scale);
            assert!(cells[10] == Cell::ChartLimit, "bar {at}");
            assert_eq!(counts(&cells), [filled, 0, 0, 1], "bar {at}");
        }
        let far = chart(&[&[10, 0, 0]], Some(1000));
        assert_eq!(counts(&far.cells(&far.bars[0], 20, far.scale())), [20, 0, 0, 0]);
        let mut page = Page::new(false, 80);
        page.chart(&far);
        assert!(page.finish().contains("max_per_day $9 is far above"));
    }

    #[test]
    fn it_is_as_wide_as_the_page_and_no_amount_is_too_large_for_it() {
        for width in [40, 80, 200] {
            let mut chart = chart(&[&[50, 25, 25], &[3, 0, 0]], Some(150));
            chart.bars[0].parts[0] = Decimal::MAX;
            let mut page = Page::new(false, width);
            page.chart(&chart);
            let text = page.finish();
            let longest = text.lines().map(|line| line.chars().count()).max().expect("lines");
            assert!(longest <= width, "{longest} of {width}\n{text}");
        }
    }
}
