//! Comma-separated values, RFC 4180, read and written.

/// The records of a table with a heading line, the heading left out.
pub(crate) fn records(text: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut record = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                all.push(std::mem::take(&mut record));
            }
            letter => cell.push(letter),
        }
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(cell);
        all.push(record);
    }
    if !all.is_empty() {
        all.remove(0);
    }
    all
}

/// A table under construction.
#[derive(Default)]
pub(crate) struct Table(String);

impl Table {
    pub(crate) fn new(heading: &[&str]) -> Table {
        let mut table = Table::default();
        table.row(heading);
        table
    }

    pub(crate) fn row<S: AsRef<str>>(&mut self, cells: &[S]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            self.cell(cell.as_ref());
        }
        self.0.push('\n');
    }

    // Spreadsheets run a cell that begins like a formula, so such text is led by an apostrophe.
    fn cell(&mut self, text: &str) {
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
        let guard = if formula { "'" } else { "" };
        if formula || text.contains(['"', ',', '\n', '\r']) {
            self.0.push('"');
            self.0.push_str(guard);
            self.0.push_str(&text.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(text);
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut table = Table::new(&["a", "b"]);
        table.row(&["say \"no\", twice", "line\nbreak"]);
        let text = String::from_utf8(table.into_bytes()).unwrap();
        assert_eq!(records(&text), [["say \"no\", twice", "line\nbreak"]]);
    }

    #[test]
    fn a_formula_is_defused() {
        let mut table = Table::new(&["a"]);
        table.row(&["=HYPERLINK(\"x\")"]);
        table.row(&["-4.5"]);
        let text = String::from_utf8(table.into_bytes()).unwrap();
        assert_eq!(records(&text), [["'=HYPERLINK(\"x\")"], ["-4.5"]]);
    }
}
