//! Columns for people, in constant memory: widths are those of the first rows; a longer cell later on just sticks out.

use std::io::{self, Write};

use jiff::tz::TimeZone;

use super::rows::Cell;
use super::width::{padded, probability, right_aligned, shown, width};

/// Rows that are held back to learn how wide the columns are.
const ROWS_MEASURED: usize = 1000;

/// A table under way.
#[derive(Debug)]
pub(crate) struct Table<W: Write> {
    out: W,
    head: Vec<String>,
    held: Vec<Vec<Cell>>,
    widths: Option<Vec<usize>>,
}

impl<W: Write> Table<W> {
    /// A table with these column heads.
    pub(crate) fn new(out: W, head: &[&str]) -> Table<W> {
        let head = head.iter().map(|name| name.replace('_', " ")).collect();
        Table { out, head, held: Vec::new(), widths: None }
    }

    /// Adds a row with a cell for each column.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) -> io::Result<()> {
        match &self.widths {
            Some(widths) => write_row(&mut self.out, &cells, widths),
            None => {
                self.held.push(cells);
                if self.held.len() < ROWS_MEASURED { Ok(()) } else { self.release() }
            }
        }
    }

    /// Writes what is held back and gives the writer back.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.release()?;
        Ok(self.out)
    }

    fn release(&mut self) -> io::Result<()> {
        if self.widths.is_some() {
            return Ok(());
        }
        let mut widths: Vec<usize> = self.head.iter().map(|name| width(name)).collect();
        for row in &self.held {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = (*column).max(width(&text(cell)));
            }
        }
        let head: Vec<Cell> = self.head.iter().map(Cell::text).collect();
        let is_number = |at: usize| self.held.first().and_then(|row| row.get(at)).is_some_and(Cell::is_number);
        let styled = anstyle::Style::new().bold();
        write!(self.out, "{styled}")?;
        write_cells(&mut self.out, &head, &widths, &is_number)?;
        writeln!(self.out, "{styled:#}")?;
        for row in std::mem::take(&mut self.held) {
            write_row(&mut self.out, &row, &widths)?;
        }
        self.widths = Some(widths);
        Ok(())
    }
}

fn write_row(out: &mut impl Write, cells: &[Cell], widths: &[usize]) -> io::Result<()> {
    let is_number = |at: usize| cells.get(at).is_some_and(Cell::is_number);
    write_cells(out, cells, widths, &is_number)?;
    writeln!(out)
}

fn write_cells(
    out: &mut impl Write,
    cells: &[Cell],
    widths: &[usize],
    is_number: &dyn Fn(usize) -> bool,
) -> io::Result<()> {
    for (at, (cell, cells_wide)) in cells.iter().zip(widths).enumerate() {
        let text = text(cell);
        let is_last = at + 1 == widths.len();
        let gap = if at == 0 { "" } else { "  " };
        match (is_number(at), is_last) {
            (true, _) => write!(out, "{gap}{}", right_aligned(&text, *cells_wide))?,
            (false, true) => write!(out, "{gap}{text}")?,
            (false, false) => write!(out, "{gap}{}", padded(&text, *cells_wide))?,
        }
    }
    Ok(())
}

/// A cell as people read it.
fn text(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => shown(text),
        Cell::Count(count) => count.to_string(),
        Cell::Probability(value) => probability(*value),
        Cell::Bits(value) => format!("{value:+.1}"),
        Cell::Ratio(value) => format!("{value:.0}"),
        Cell::Seconds(value) => format!("{value:.2}"),
        Cell::Time(time) => time.to_zoned(TimeZone::UTC).date().to_string(),
        Cell::Flag(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Cell::Absent => "-".to_owned(),
    }
}
