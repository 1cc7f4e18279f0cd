//! Datasets of the tabulation model: variables as the guide has them, cells as transport files can hold them.

use super::standards::{Variable, standards};
use super::words::{ascii, cut, number};

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Missing,
    Text(String),
    Number(f64),
}

impl Cell {
    /// Printable ASCII, 200 bytes at most; empty text is missing.
    pub(crate) fn text(text: &str) -> Cell {
        let plain = ascii(text);
        match cut(&plain, 200).0 {
            "" => Cell::Missing,
            text => Cell::Text(text.to_owned()),
        }
    }

    pub(crate) fn number(value: impl Into<f64>) -> Cell {
        Cell::Number(value.into())
    }

    pub(crate) fn some(value: Option<impl Into<f64>>) -> Cell {
        value.map_or(Cell::Missing, |value| Cell::Number(value.into()))
    }

    pub(crate) fn shown(&self) -> String {
        match self {
            Cell::Missing => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Number(value) => number(*value),
        }
    }
}

/// Where the values of a variable come from, in the words of Define-XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Collected,
    Derived,
    Assigned,
    Protocol,
}

/// One variable of a dataset.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) numeric: bool,
    pub(crate) role: String,
    pub(crate) core: String,
    pub(crate) codelists: Vec<String>,
    pub(crate) described: String,
    pub(crate) origin: Origin,
    pub(crate) method: String,
}

/// One dataset.
#[derive(Debug, Clone)]
pub(crate) struct Dataset {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) class: String,
    pub(crate) structure: String,
    pub(crate) keys: Vec<String>,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Why there are no records, for a dataset that the study plans and nothing fills yet.
    pub(crate) empty_because: String,
}

impl Dataset {
    /// A dataset with these variables of the guide, in the order of the guide.
    pub(crate) fn new(name: &str, variables: &[&str], keys: &[&str]) -> Dataset {
        let kind = standards().datasets.get(name);
        let known = kind.map_or(&[] as &[Variable], |kind| &kind.variables);
        let columns = known.iter().filter(|variable| variables.contains(&variable.name.as_str())).map(column).collect();
        Dataset {
            name: name.to_owned(),
            label: kind.map_or(String::new(), |kind| kind.label.clone()),
            class: kind.map_or(String::new(), |kind| kind.class.clone()),
            structure: kind.map_or(String::new(), |kind| kind.structure.clone()),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            columns,
            rows: Vec::new(),
            empty_because: String::new(),
        }
    }

    pub(crate) fn at(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Adds a record from named cells; names that the dataset does not have are left out.
    pub(crate) fn push(&mut self, cells: &[(&str, Cell)]) {
        let value = |column: &Column| {
            let found = cells.iter().find(|(name, _)| *name == column.name);
            found.map_or(Cell::Missing, |(_, cell)| cell.clone())
        };
        self.rows.push(self.columns.iter().map(value).collect());
    }

    pub(crate) fn cell<'a>(&self, row: &'a [Cell], name: &str) -> &'a Cell {
        self.at(name).and_then(|at| row.get(at)).unwrap_or(&Cell::Missing)
    }

    pub(crate) fn origin(&mut self, names: &[&str], origin: Origin, method: &str) {
        for column in self.columns.iter_mut().filter(|column| names.contains(&column.name.as_str())) {
            column.origin = origin;
            column.method = method.to_owned();
        }
    }

    /// Trial design datasets describe the study, not a subject.
    pub(crate) fn is_reference(&self) -> bool {
        self.class == "Trial Design"
    }

    /// Bytes that the longest value of a column needs.
    pub(crate) fn length(&self, at: usize) -> usize {
        let longest = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| match cell {
            Cell::Text(text) => text.len(),
            _ => 1,
        });
        longest.max().unwrap_or(1).max(1)
    }

    /// Puts the records in the order of the keys.
    pub(crate) fn sort(&mut self) {
        let keys: Vec<usize> = self.keys.iter().filter_map(|key| self.at(key)).collect();
        let order = |one: &Cell, other: &Cell| match (one, other) {
            (Cell::Number(one), Cell::Number(other)) => one.total_cmp(other),
            (Cell::Text(one), Cell::Text(other)) => one.cmp(other),
            (Cell::Missing, Cell::Missing) => std::cmp::Ordering::Equal,
            (Cell::Missing, _) => std::cmp::Ordering::Less,
            (_, Cell::Missing) => std::cmp::Ordering::Greater,
            (Cell::Number(_), _) => std::cmp::Ordering::Less,
            (_, Cell::Number(_)) => std::cmp::Ordering::Greater,
        };
        self.rows.sort_by(|one, other| {
            let mut steps = keys.iter().filter_map(|at| Some(order(one.get(*at)?, other.get(*at)?)));
            steps.find(|step| step.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        });
    }
}

pub(crate) fn column(variable: &Variable) -> Column {
    Column {
        name: variable.name.clone(),
        label: variable.label.clone(),
        numeric: variable.numeric,
        role: variable.role.clone(),
        core: variable.core.clone(),
        codelists: variable.codelists.clone(),
        described: variable.described.clone(),
        origin: Origin::Assigned,
        method: String::new(),
    }
}
