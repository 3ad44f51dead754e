//! A picture of a drawn screen: one `<text>` for each word of narrow cells and for each wide cell, its place and length
//! given, so that columns are exact whatever the font.

use std::fmt::Write;
use std::path::Path;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

const CELL: (usize, usize) = (9, 19);
const MARGIN: usize = 10;
const PAPER: &str = "#16181d";
const INK: &str = "#d8dbe2";

/// Cells of one line that look alike, blank or not, from the column on.
struct Run {
    column: usize,
    columns: usize,
    text: String,
    ink: &'static str,
    paper: &'static str,
    modifier: Modifier,
}

/// Holds the README's picture of this name against the screen; with `DINGSYNC_PICTURES=write` it is drawn anew.
pub(crate) fn keep(name: &str, title: &str, buffer: &Buffer) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/screenshots/{name}.svg"));
    let drawn = svg(buffer, title);
    if std::env::var("DINGSYNC_PICTURES").is_ok_and(|wish| wish == "write") {
        std::fs::write(&path, drawn).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "{} is not this screen: draw it anew as the README says", path.display());
}

/// The screen as a whole SVG document.
fn svg(buffer: &Buffer, title: &str) -> String {
    let (columns, rows) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2 * MARGIN, rows * CELL.1 + 2 * MARGIN);
    let mut out = String::new();
    writeln!(out, r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" aria-label="{}">"#, escape(title)).unwrap();
    writeln!(out, "<title>{}</title>", escape(title)).unwrap();
    writeln!(out, r#"<rect width="{width}" height="{height}" rx="6" fill="{PAPER}"/>"#).unwrap();
    writeln!(out, r#"<g font-family="DejaVu Sans Mono,Menlo,Consolas,Noto Sans Mono CJK SC,WenQuanYi Zen Hei Mono,monospace" font-size="15">"#).unwrap();
    for row in 0..rows {
        for run in runs(buffer, row) {
            draw(&mut out, &run, row);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn runs(buffer: &Buffer, row: usize) -> Vec<Run> {
    let columns = usize::from(buffer.area.width);
    let mut runs: Vec<Run> = Vec::new();
    let mut column = 0;
    while column < columns {
        let cell = &buffer.content[row * columns + column];
        let cells = cell.symbol().width().max(1);
        let (ink, paper) = colours(cell);
        let modifier = cell.modifier.difference(Modifier::REVERSED);
        match runs.last_mut() {
            Some(last)
                if cells == 1
                    && (cell.symbol() == " ") == (last.text.ends_with(' '))
                    && last.columns == last.text.chars().count()
                    && last.column + last.columns == column
                    && (last.ink, last.paper, last.modifier) == (ink, paper, modifier) =>
            {
                last.text.push_str(cell.symbol());
                last.columns += 1;
            }
            _ => runs.push(Run {
                column,
                columns: cells,
                text: cell.symbol().to_owned(),
                ink,
                paper,
                modifier,
            }),
        }
        column += cells;
    }
    runs
}

fn draw(out: &mut String, run: &Run, row: usize) {
    let (x, y) = (MARGIN + run.column * CELL.0, MARGIN + row * CELL.1);
    let width = run.columns * CELL.0;
    if run.paper != PAPER {
        writeln!(out, r#"<rect x="{x}" y="{y}" width="{width}" height="{}" fill="{}"/>"#, CELL.1, run.paper)
            .unwrap();
    }
    if run.text.trim().is_empty() {
        return;
    }
    let baseline = y + 14;
    let weight = if run.modifier.contains(Modifier::BOLD) { r#" font-weight="bold""# } else { "" };
    let faint = if run.modifier.contains(Modifier::DIM) { r#" opacity="0.65""# } else { "" };
    let line =
        if run.modifier.contains(Modifier::UNDERLINED) { r#" text-decoration="underline""# } else { "" };
    writeln!(
        out,
        r#"<text x="{x}" y="{baseline}" textLength="{width}" lengthAdjust="spacingAndGlyphs" fill="{}"{weight}{faint}{line}>{}</text>"#,
        run.ink,
        escape(&run.text)
    )
    .unwrap();
}

fn colours(cell: &Cell) -> (&'static str, &'static str) {
    let (ink, paper) = (colour(cell.fg, INK), colour(cell.bg, PAPER));
    if cell.modifier.contains(Modifier::REVERSED) { (paper, ink) } else { (ink, paper) }
}

fn colour(colour: Color, default: &'static str) -> &'static str {
    match colour {
        Color::Black => "#16181d",
        Color::Red | Color::LightRed => "#f2777a",
        Color::Green | Color::LightGreen => "#8fd18f",
        Color::Yellow | Color::LightYellow => "#f0c674",
        Color::Blue | Color::LightBlue => "#7fb0e6",
        Color::Magenta | Color::LightMagenta => "#cc99cc",
        Color::Cyan | Color::LightCyan => "#66c7cc",
        Color::White | Color::Gray => "#ffffff",
        Color::DarkGray => "#9aa0aa",
        _ => default,
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
