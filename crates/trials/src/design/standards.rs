//! The standards tables, compiled in: SDTMIG 3.4, CDASHIG 2.2, CDISC terminology 2025-03-28, COSMoS, USDM 4.0.
//!
//! Source, edition and licence of each table stand in `standards/README.md`.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use super::csv;
use super::words::key;

/// Edition of the tabulation guide.
pub(crate) const SDTMIG: &str = "3.4";
/// Edition of the collection guide.
pub(crate) const CDASHIG: &str = "2.2";
/// Package date of the controlled terminology.
pub(crate) const TERMINOLOGY: &str = "2025-03-28";

/// One variable of one dataset of SDTMIG.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) numeric: bool,
    pub(crate) role: String,
    pub(crate) core: String,
    pub(crate) codelists: Vec<String>,
    pub(crate) described: String,
}

/// One dataset of SDTMIG.
#[derive(Debug, Clone)]
pub(crate) struct DatasetKind {
    pub(crate) name: String,
    pub(crate) class: String,
    pub(crate) label: String,
    pub(crate) structure: String,
    pub(crate) variables: Vec<Variable>,
}

/// One field of CDASHIG.
#[derive(Debug, Clone)]
pub(crate) struct CdashField {
    pub(crate) scenario: String,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) core: String,
    pub(crate) codelists: Vec<String>,
    pub(crate) targets: Vec<String>,
}

/// One code list.
#[derive(Debug, Clone)]
pub(crate) struct CodeList {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) extensible: bool,
    pub(crate) terms: Vec<Term>,
}

/// One term of a code list.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    pub(crate) code: String,
    pub(crate) value: String,
    pub(crate) preferred: String,
    pub(crate) synonyms: Vec<String>,
}

/// One test: its short and long name share a concept code.
#[derive(Debug, Clone)]
pub(crate) struct Test {
    pub(crate) domain: String,
    pub(crate) code: String,
    pub(crate) testcd: String,
    pub(crate) test: String,
}

/// One item of a COSMoS collection specialisation.
#[derive(Debug, Clone)]
pub(crate) struct CrfItem {
    pub(crate) item: String,
    pub(crate) variable: String,
    pub(crate) question: String,
    pub(crate) annotation: String,
}

/// One COSMoS collection specialisation.
#[derive(Debug, Clone)]
pub(crate) struct CrfGroup {
    pub(crate) concept: String,
    pub(crate) specialization: String,
    pub(crate) domain: String,
    pub(crate) group: String,
    pub(crate) items: Vec<CrfItem>,
}

/// One attribute of a USDM class.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) kinds: Vec<String>,
    pub(crate) many: bool,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
    pub(crate) length_min: usize,
}

/// All tables.
pub(crate) struct Standards {
    pub(crate) datasets: BTreeMap<String, DatasetKind>,
    pub(crate) cdash: BTreeMap<String, Vec<CdashField>>,
    pub(crate) lists: BTreeMap<String, CodeList>,
    names: HashMap<String, String>,
    pub(crate) tests: Vec<Test>,
    tests_by_code: HashMap<String, Vec<usize>>,
    tests_by_word: HashMap<String, Vec<usize>>,
    tests_by_short: HashMap<(String, String), usize>,
    pub(crate) crf: Vec<CrfGroup>,
    pub(crate) specializations: HashMap<String, (String, String)>,
    pub(crate) classes: BTreeMap<String, Vec<Attribute>>,
    pub(crate) ddf: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) topics: Vec<Topic>,
    pub(crate) instruments: Vec<Instrument>,
    instruments_by_word: HashMap<String, usize>,
    pub(crate) ranges: HashMap<String, Range>,
}

/// A topic by which an activity's label is recognised: our own table.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub(crate) words: Vec<String>,
    pub(crate) form: String,
    pub(crate) detail: String,
    pub(crate) reason: String,
}

/// A questionnaire, functional test or classification, by its category term. Items are never held here.
#[derive(Debug, Clone)]
pub(crate) struct Instrument {
    pub(crate) domain: &'static str,
    pub(crate) term: Term,
    pub(crate) keys: Vec<String>,
}

/// A plausible range of a test in its usual unit: our own table, for edit checks and synthetic values.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    pub(crate) unit: String,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) usual_low: f64,
    pub(crate) usual_high: f64,
    pub(crate) digits: usize,
}

static STANDARDS: LazyLock<Standards> = LazyLock::new(Standards::load);

/// The tables, parsed once.
pub(crate) fn standards() -> &'static Standards {
    &STANDARDS
}

macro_rules! table {
    ($name:literal) => {
        csv::records(include_str!(concat!("../../../../standards/", $name, ".csv")))
    };
}

/// A cell by column, empty where the record is short.
fn cell(record: &[String], at: usize) -> String {
    record.get(at).cloned().unwrap_or_default()
}

fn split(record: &[String], at: usize, by: char) -> Vec<String> {
    let text = record.get(at).map_or("", String::as_str);
    text.split(by).map(str::trim).filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
}

impl Standards {
    fn load() -> Standards {
        let lists = lists();
        let names = lists.values().map(|list| (list.name.clone(), list.code.clone())).collect();
        let (tests, synonyms) = tests(&lists);
        let mut tests_by_code: HashMap<String, Vec<usize>> = HashMap::new();
        let mut tests_by_word: HashMap<String, Vec<usize>> = HashMap::new();
        let mut tests_by_short = HashMap::new();
        for (at, (test, synonyms)) in tests.iter().zip(&synonyms).enumerate() {
            tests_by_code.entry(test.code.clone()).or_default().push(at);
            tests_by_short.insert((test.domain.clone(), test.testcd.clone()), at);
            for word in synonyms.iter().chain([&test.test]) {
                let entry = tests_by_word.entry(key(word)).or_default();
                if entry.last() != Some(&at) {
                    entry.push(at);
                }
            }
        }
        let instruments = instruments(&lists);
        let mut instruments_by_word = HashMap::new();
        for (at, instrument) in instruments.iter().enumerate() {
            for key in &instrument.keys {
                instruments_by_word.entry(key.clone()).or_insert(at);
            }
        }
        Standards {
            instruments,
            instruments_by_word,
            datasets: datasets(),
            cdash: cdash(),
            lists,
            names,
            tests,
            tests_by_code,
            tests_by_word,
            tests_by_short,
            crf: crf(),
            specializations: specializations(),
            classes: classes(),
            ddf: ddf(),
            topics: topics(),
            ranges: ranges(),
        }
    }

    /// A code list by its concept code or its submission name.
    pub(crate) fn list(&self, code_or_name: &str) -> Option<&CodeList> {
        self.lists.get(code_or_name).or_else(|| self.lists.get(self.names.get(code_or_name)?))
    }

    /// A term of a list by its concept code.
    pub(crate) fn term(&self, list: &str, code: &str) -> Option<&Term> {
        self.list(list)?.terms.iter().find(|term| term.code == code)
    }

    /// A term of a list by its submission value.
    pub(crate) fn value(&self, list: &str, value: &str) -> Option<&Term> {
        self.list(list)?.terms.iter().find(|term| term.value == value)
    }

    /// The tests that carry a concept code.
    pub(crate) fn tests_of_code(&self, code: &str) -> impl Iterator<Item = &Test> {
        self.tests_by_code.get(code).into_iter().flatten().filter_map(|at| self.tests.get(*at))
    }

    /// The tests whose name or synonym is this text, case and punctuation aside.
    pub(crate) fn tests_of_word(&self, word: &str) -> impl Iterator<Item = &Test> {
        self.tests_by_word.get(&key(word)).into_iter().flatten().filter_map(|at| self.tests.get(*at))
    }

    /// A test by its domain and short name.
    pub(crate) fn test(&self, domain: &str, testcd: &str) -> Option<&Test> {
        self.tests.get(*self.tests_by_short.get(&(domain.to_owned(), testcd.to_owned()))?)
    }

    /// An instrument whose name or synonym has this key.
    pub(crate) fn instrument(&self, key: &str) -> Option<&Instrument> {
        self.instruments.get(*self.instruments_by_word.get(key)?)
    }

    /// A variable of a dataset.
    pub(crate) fn variable(&self, dataset: &str, name: &str) -> Option<&Variable> {
        self.datasets.get(dataset)?.variables.iter().find(|variable| variable.name == name)
    }
}

fn datasets() -> BTreeMap<String, DatasetKind> {
    let mut datasets: BTreeMap<String, DatasetKind> = table!("sdtm_datasets")
        .iter()
        .map(|record| {
            let kind = DatasetKind {
                name: cell(record, 0),
                class: cell(record, 1),
                label: cell(record, 2),
                structure: cell(record, 3),
                variables: Vec::new(),
            };
            (kind.name.clone(), kind)
        })
        .collect();
    for record in &table!("sdtm_variables") {
        if let Some(dataset) = datasets.get_mut(&cell(record, 0)) {
            dataset.variables.push(Variable {
                name: cell(record, 1),
                label: cell(record, 2),
                numeric: cell(record, 3) == "Num",
                role: cell(record, 4),
                core: cell(record, 5),
                codelists: split(record, 6, '|'),
                described: cell(record, 7),
            });
        }
    }
    datasets
}

fn cdash() -> BTreeMap<String, Vec<CdashField>> {
    let mut domains: BTreeMap<String, Vec<CdashField>> = BTreeMap::new();
    for record in &table!("cdash_fields") {
        domains.entry(cell(record, 0)).or_default().push(CdashField {
            scenario: cell(record, 1),
            name: cell(record, 2),
            label: cell(record, 3),
            core: cell(record, 5),
            codelists: split(record, 6, '|'),
            targets: split(record, 7, '|'),
        });
    }
    domains
}

fn lists() -> BTreeMap<String, CodeList> {
    let mut lists: BTreeMap<String, CodeList> = table!("terminology_lists")
        .iter()
        .map(|record| {
            let list = CodeList {
                code: cell(record, 0),
                name: cell(record, 1),
                title: cell(record, 2),
                extensible: cell(record, 3) == "Yes",
                terms: Vec::new(),
            };
            (list.code.clone(), list)
        })
        .collect();
    let add = |lists: &mut BTreeMap<String, CodeList>, list: &str, term: Term| {
        if let Some(list) = lists.get_mut(list) {
            list.terms.push(term);
        }
    };
    for record in &table!("terminology") {
        let value = cell(record, 2);
        let preferred = Some(cell(record, 3)).filter(|text| !text.is_empty()).unwrap_or_else(|| value.clone());
        let term = Term { code: cell(record, 1), value, preferred, synonyms: split(record, 4, ';') };
        add(&mut lists, &cell(record, 0), term);
    }
    for record in &table!("terminology_tests") {
        let (code, short, long) = (cell(record, 2), cell(record, 3), cell(record, 4));
        let synonyms = Vec::new();
        let term = Term { code: code.clone(), value: short, preferred: long.clone(), synonyms: synonyms.clone() };
        add(&mut lists, &cell(record, 0), term);
        add(&mut lists, &cell(record, 1), Term { code, value: long.clone(), preferred: long, synonyms });
    }
    lists
}

fn instruments(lists: &BTreeMap<String, CodeList>) -> Vec<Instrument> {
    let mut instruments = Vec::new();
    for (name, domain) in [("QSCAT", "QS"), ("FTCAT", "FT"), ("CCCAT", "RS")] {
        for term in lists.values().filter(|list| list.name == name).flat_map(|list| &list.terms) {
            let names = term.synonyms.iter().chain([&term.value, &term.preferred]);
            instruments.push(Instrument { domain, term: term.clone(), keys: names.map(|name| key(name)).collect() });
        }
    }
    instruments
}

fn tests(lists: &BTreeMap<String, CodeList>) -> (Vec<Test>, Vec<Vec<String>>) {
    let mut tests = Vec::new();
    let mut synonyms = Vec::new();
    for record in &table!("terminology_tests") {
        let list = cell(record, 0);
        let domain = lists.get(&list).map(|list| list.name.chars().take(2).collect()).unwrap_or_default();
        tests.push(Test { domain, code: cell(record, 2), testcd: cell(record, 3), test: cell(record, 4) });
        synonyms.push(split(record, 5, ';'));
    }
    (tests, synonyms)
}

fn crf() -> Vec<CrfGroup> {
    let mut groups: Vec<CrfGroup> = Vec::new();
    for record in &table!("crf_specializations") {
        let (domain, group) = (cell(record, 2), cell(record, 3));
        let fresh = groups.last().is_none_or(|last| last.group != group || last.domain != domain);
        if fresh {
            groups.push(CrfGroup {
                concept: cell(record, 0),
                specialization: cell(record, 1),
                domain,
                group,
                items: Vec::new(),
            });
        }
        let item = CrfItem {
            item: cell(record, 6),
            variable: cell(record, 7),
            question: cell(record, 8),
            annotation: cell(record, 9),
        };
        if let Some(last) = groups.last_mut() {
            last.items.push(item);
        }
    }
    groups
}

/// Dataset specialisation → (domain, short test name or empty).
fn specializations() -> HashMap<String, (String, String)> {
    let mut known: HashMap<String, (String, String)> = HashMap::new();
    for record in &table!("sdtm_specializations") {
        let (name, domain, variable) = (cell(record, 1), cell(record, 2), cell(record, 4));
        let entry = known.entry(name).or_insert_with(|| (domain.clone(), String::new()));
        if variable == format!("{domain}TESTCD") || variable == format!("{domain}DECOD") {
            entry.1 = cell(record, 7);
        }
    }
    known
}

fn classes() -> BTreeMap<String, Vec<Attribute>> {
    let mut classes: BTreeMap<String, Vec<Attribute>> = BTreeMap::new();
    for record in &table!("usdm_classes") {
        classes.entry(cell(record, 0)).or_default().push(Attribute {
            name: cell(record, 1),
            kinds: split(record, 2, '|'),
            many: cell(record, 3) == "many",
            required: cell(record, 4) == "Yes",
            nullable: cell(record, 5) == "Yes",
            length_min: cell(record, 6).parse().unwrap_or(0),
        });
    }
    classes
}

fn ddf() -> BTreeMap<String, BTreeMap<String, String>> {
    let mut lists: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for record in &table!("ddf_terminology") {
        lists.entry(cell(record, 0)).or_default().insert(cell(record, 1), cell(record, 2));
    }
    lists
}

fn topics() -> Vec<Topic> {
    let topic = |record: &Vec<String>| Topic {
        // With a space on either side, so that a phrase is found as whole words.
        words: split(record, 0, ';').iter().map(|phrase| format!(" {phrase} ")).collect(),
        form: cell(record, 1),
        detail: cell(record, 2),
        reason: cell(record, 3),
    };
    table!("topics").iter().map(topic).collect()
}

fn ranges() -> HashMap<String, Range> {
    let number = |record: &Vec<String>, at: usize| cell(record, at).parse().unwrap_or(0.0);
    let range = |record: &Vec<String>| {
        let range = Range {
            unit: cell(record, 1),
            low: number(record, 2),
            high: number(record, 3),
            usual_low: number(record, 4),
            usual_high: number(record, 5),
            digits: cell(record, 6).parse().unwrap_or(0),
        };
        (cell(record, 0), range)
    };
    table!("ranges").iter().map(range).collect()
}
