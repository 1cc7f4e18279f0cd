//! Define-XML 2.1: the datasets described, every collected value with its page, no placeholder.

mod lists;

use std::collections::{BTreeMap, BTreeSet};

use super::acrf::Annotated;
use super::dataset::{Cell, Column, Dataset, Origin};
use super::finding::{Notes, Rule, Severity};
use super::form::Form;
use super::standards::{SDTMIG, TERMINOLOGY};
use super::usdm::model::Study;
use super::words::{ascii, cut};
use super::xml::Xml;

/// The stylesheet beside the description: our own, plain, without script.
pub(crate) const STYLESHEET: &str = include_str!("define/define.xsl");

const A11: Rule = Rule("A11", "SDTM-MSG 2.0: every collected origin has its page");

/// The type of an item as Define-XML names it.
pub(crate) struct ItemKind {
    pub(crate) name: &'static str,
    pub(crate) length: usize,
    pub(crate) digits: usize,
}

pub(crate) fn item_kind(dataset: &Dataset, at: usize) -> ItemKind {
    let Some(column) = dataset.columns.get(at) else { return ItemKind { name: "text", length: 1, digits: 0 } };
    let values = || dataset.rows.iter().filter_map(|row| row.get(at));
    if column.numeric {
        let shown: Vec<String> = values().filter(|cell| **cell != Cell::Missing).map(Cell::shown).collect();
        let digits =
            shown.iter().filter_map(|text| text.split_once('.')).map(|(_, part)| part.len()).max().unwrap_or(0);
        let length = shown.iter().map(String::len).max().unwrap_or(8);
        let float = digits > 0 || column.name.ends_with("STRESN") || column.name.ends_with("DOSE");
        return ItemKind {
            name: if float { "float" } else { "integer" },
            length,
            digits: digits.max(usize::from(float)),
        };
    }
    let name = if column.described.starts_with("ISO 8601 datetime") {
        let timed = values().any(|cell| cell.shown().len() > 10);
        if timed { "datetime" } else { "date" }
    } else if column.described.starts_with("ISO 8601 duration") {
        "durationDatetime"
    } else {
        "text"
    };
    ItemKind { name, length: dataset.length(at), digits: 0 }
}

/// Everything that the description is made from.
pub(crate) struct Source<'a> {
    pub(crate) study: &'a Study,
    pub(crate) datasets: &'a [Dataset],
    pub(crate) forms: &'a [Form],
    pub(crate) acrf: &'a Annotated,
    pub(crate) created: &'a str,
}

pub(crate) fn write(source: &Source, notes: &mut Notes) -> Vec<u8> {
    let study = source.study;
    let lists = lists::collect(source, notes);
    let mut xml = Xml::new();
    xml.instruction("xml-stylesheet type=\"text/xsl\" href=\"define.xsl\"");
    let file = format!("DEF.{}", study.identifier);
    xml.open(
        "ODM",
        &[
            ("xmlns", "http://www.cdisc.org/ns/odm/v1.3"),
            ("xmlns:xlink", "http://www.w3.org/1999/xlink"),
            ("xmlns:def", "http://www.cdisc.org/ns/def/v2.1"),
            ("ODMVersion", "1.3.2"),
            ("FileType", "Snapshot"),
            ("FileOID", &file),
            ("CreationDateTime", source.created),
            ("SourceSystem", "Candor"),
            ("SourceSystemVersion", env!("CARGO_PKG_VERSION")),
            ("def:Context", "Other"),
        ],
    );
    xml.open("Study", &[("OID", &format!("STDY.{}", study.identifier))]);
    xml.open("GlobalVariables", &[]);
    xml.text("StudyName", &[], &study.identifier);
    let title = if study.title.is_empty() { &study.identifier } else { &study.title };
    xml.text("StudyDescription", &[], title);
    xml.text("ProtocolName", &[], &study.identifier);
    xml.close();
    xml.open(
        "MetaDataVersion",
        &[
            ("OID", &format!("MDV.{}", study.identifier)),
            ("Name", &format!("Study {}, Data Definitions", study.identifier)),
            ("Description", "Made from the study definition; subject data are synthetic"),
            ("def:DefineVersion", "2.1.0"),
        ],
    );
    head(&mut xml);
    value_lists(&mut xml, source);
    for dataset in source.datasets {
        item_group(&mut xml, dataset);
    }
    for dataset in source.datasets {
        for at in 0..dataset.columns.len() {
            item(&mut xml, source, &lists, dataset, at, notes);
        }
    }
    value_items(&mut xml, source);
    lists::write(&mut xml, &lists);
    methods(&mut xml, source.datasets);
    comments(&mut xml, source.datasets);
    xml.open("def:leaf", &[("ID", "LF.acrf"), ("xlink:href", "acrf.pdf")]);
    xml.text("def:title", &[], "Annotated Case Report Form");
    xml.finish()
}

fn head(xml: &mut Xml) {
    xml.open("def:Standards", &[]);
    let guide = [("OID", "STD.IG"), ("Name", "SDTMIG"), ("Type", "IG"), ("Version", SDTMIG), ("Status", "Final")];
    xml.leaf("def:Standard", &guide);
    xml.leaf(
        "def:Standard",
        &[
            ("OID", "STD.CT"),
            ("Name", "CDISC/NCI"),
            ("Type", "CT"),
            ("PublishingSet", "SDTM"),
            ("Version", TERMINOLOGY),
            ("Status", "Final"),
        ],
    );
    xml.close();
    xml.open("def:AnnotatedCRF", &[]);
    xml.leaf("def:DocumentRef", &[("leafID", "LF.acrf")]);
    xml.close();
}

/// Tests of a findings dataset whose original results are described one by one.
fn tests(source: &Source, dataset: &Dataset) -> BTreeSet<String> {
    let variable = format!("{}ORRES", dataset.name);
    let known = source.acrf.values.keys();
    known.filter(|(name, own, _)| *name == dataset.name && *own == variable).map(|(_, _, test)| test.clone()).collect()
}

fn value_lists(xml: &mut Xml, source: &Source) {
    let mut all = Vec::new();
    for dataset in source.datasets {
        let tests = tests(source, dataset);
        if tests.is_empty() {
            continue;
        }
        let name = &dataset.name;
        xml.open("def:ValueListDef", &[("OID", &format!("VL.{name}.{name}ORRES"))]);
        for (at, test) in tests.iter().enumerate() {
            let (item, order) = (format!("IT.{name}.{name}ORRES.{test}"), (at + 1).to_string());
            xml.open("ItemRef", &[("ItemOID", &item), ("OrderNumber", &order), ("Mandatory", "No")]);
            xml.leaf("def:WhereClauseRef", &[("WhereClauseOID", &format!("WC.{name}.{test}"))]);
            xml.close();
        }
        xml.close();
        all.extend(tests.into_iter().map(|test| (name.clone(), test)));
    }
    for (name, test) in all {
        xml.open("def:WhereClauseDef", &[("OID", &format!("WC.{name}.{test}"))]);
        let item = format!("IT.{name}.{name}TESTCD");
        xml.open("RangeCheck", &[("Comparator", "EQ"), ("SoftHard", "Soft"), ("def:ItemOID", &item)]);
        xml.text("CheckValue", &[], &test);
        xml.close();
        xml.close();
    }
}

fn value_items(xml: &mut Xml, source: &Source) {
    for dataset in source.datasets {
        let name = &dataset.name;
        let variable = format!("{name}ORRES");
        for test in tests(source, dataset) {
            let fields = source.forms.iter().flat_map(|form| &form.groups).flat_map(|group| &group.fields);
            let field = fields.into_iter().find(|field| {
                field.variable == variable
                    && field.destinations.iter().any(|one| one.dataset == *name && one.testcd == test)
            });
            let decimal = field.is_some_and(|field| field.kind == super::form::FieldKind::Decimal);
            let digits = field.map_or(0, |field| field.digits);
            let kind = match (decimal, digits) {
                (true, 0) => "integer",
                (true, _) => "float",
                _ => "text",
            };
            let length = field.map_or(8, |field| field.length).to_string();
            let shown = if kind == "float" { digits.to_string() } else { String::new() };
            xml.open(
                "ItemDef",
                &[
                    ("OID", &format!("IT.{name}.{variable}.{test}")),
                    ("Name", &variable),
                    ("DataType", kind),
                    ("Length", &length),
                    ("SignificantDigits", &shown),
                    ("SASFieldName", &variable),
                ],
            );
            let key = (name.clone(), variable.clone(), test.clone());
            let pages = source.acrf.values.get(&key).cloned().unwrap_or_default();
            origin(xml, Origin::Collected, &pages);
            xml.close();
        }
    }
}

/// Text in an element that carries its language.
fn described(xml: &mut Xml, text: &str) {
    xml.open("Description", &[]);
    xml.text("TranslatedText", &[("xml:lang", "en")], text);
    xml.close();
}

fn item_group(xml: &mut Xml, dataset: &Dataset) {
    let name = dataset.name.as_str();
    let one_per_subject = name == "DM";
    let repeating = if dataset.is_reference() || one_per_subject { "No" } else { "Yes" };
    let empty = dataset.rows.is_empty();
    let comment = if empty { format!("COM.{name}") } else { String::new() };
    let leaf = format!("LF.{name}");
    xml.open(
        "ItemGroupDef",
        &[
            ("OID", &format!("IG.{name}")),
            ("Name", name),
            ("Repeating", repeating),
            ("IsReferenceData", if dataset.is_reference() { "Yes" } else { "No" }),
            ("SASDatasetName", name),
            ("Domain", name),
            ("Purpose", "Tabulation"),
            ("def:Structure", &dataset.structure),
            ("def:ArchiveLocationID", if empty { "" } else { &leaf }),
            ("def:StandardOID", "STD.IG"),
            ("def:HasNoData", if empty { "Yes" } else { "" }),
            ("def:CommentOID", &comment),
        ],
    );
    described(xml, &dataset.label);
    for (at, column) in dataset.columns.iter().enumerate() {
        let key = dataset.keys.iter().position(|key| *key == column.name).map(|at| (at + 1).to_string());
        let method = if column.method.is_empty() { String::new() } else { method_oid(column) };
        xml.leaf(
            "ItemRef",
            &[
                ("ItemOID", &format!("IT.{name}.{}", column.name)),
                ("OrderNumber", &(at + 1).to_string()),
                ("Mandatory", if column.core == "Req" { "Yes" } else { "No" }),
                ("KeySequence", &key.unwrap_or_default()),
                ("MethodOID", &method),
                ("Role", &column.role),
            ],
        );
    }
    xml.leaf("def:Class", &[("Name", &class(&dataset.class))]);
    if !empty {
        let file = format!("{}.xpt", name.to_lowercase());
        xml.open("def:leaf", &[("ID", &leaf), ("xlink:href", &format!("data/{file}"))]);
        xml.text("def:title", &[], &file);
        xml.close();
    }
    xml.close();
}

fn class(class: &str) -> String {
    class.to_uppercase().replace("SPECIAL-PURPOSE", "SPECIAL PURPOSE")
}

fn item(
    xml: &mut Xml,
    source: &Source,
    lists: &BTreeMap<String, lists::Used>,
    dataset: &Dataset,
    at: usize,
    notes: &mut Notes,
) {
    let Some(column) = dataset.columns.get(at) else { return };
    let name = &dataset.name;
    let kind = item_kind(dataset, at);
    let sized = matches!(kind.name, "text" | "integer" | "float");
    xml.open(
        "ItemDef",
        &[
            ("OID", &format!("IT.{name}.{}", column.name)),
            ("Name", &column.name),
            ("DataType", kind.name),
            ("Length", &if sized { kind.length.to_string() } else { String::new() }),
            ("SignificantDigits", &if kind.name == "float" { kind.digits.to_string() } else { String::new() }),
            ("SASFieldName", &column.name),
        ],
    );
    described(xml, &column.label);
    if let Some(list) = lists::of(dataset, column).filter(|list| lists.contains_key(list)) {
        xml.leaf("CodeListRef", &[("CodeListOID", &list)]);
    }
    let pages = source.acrf.pages.get(&(name.clone(), column.name.clone())).cloned().unwrap_or_default();
    let from = if column.origin == Origin::Collected && pages.is_empty() { Origin::Assigned } else { column.origin };
    if from != column.origin {
        let words = format!("{name}.{} is collected and no page bears its annotation.", column.name);
        notes.find(A11, Severity::Error, format!("define.xml/IT.{name}.{}", column.name), words);
    }
    origin(xml, from, &pages);
    if column.name == format!("{name}ORRES") && !tests(source, dataset).is_empty() {
        xml.leaf("def:ValueListRef", &[("ValueListOID", &format!("VL.{name}.{name}ORRES"))]);
    }
    xml.close();
}

fn origin(xml: &mut Xml, origin: Origin, pages: &BTreeSet<usize>) {
    let source = if origin == Origin::Collected { "Investigator" } else { "Sponsor" };
    let attributes = [("Type", super::spec::origin(origin)), ("Source", source)];
    if origin != Origin::Collected || pages.is_empty() {
        return xml.leaf("def:Origin", &attributes);
    }
    xml.open("def:Origin", &attributes);
    xml.open("def:DocumentRef", &[("leafID", "LF.acrf")]);
    let pages: Vec<String> = pages.iter().map(usize::to_string).collect();
    xml.leaf("def:PDFPageRef", &[("PageRefs", &pages.join(" ")), ("Type", "PhysicalRef")]);
    xml.close();
    xml.close();
}

fn method_oid(column: &Column) -> String {
    format!("MT.{}", column.name)
}

fn methods(xml: &mut Xml, datasets: &[Dataset]) {
    let mut seen = BTreeSet::new();
    for column in datasets.iter().flat_map(|dataset| &dataset.columns).filter(|column| !column.method.is_empty()) {
        if seen.insert(method_oid(column)) {
            let name = format!("Algorithm for {}", column.name);
            xml.open("MethodDef", &[("OID", &method_oid(column)), ("Name", &name), ("Type", "Computation")]);
            described(xml, &column.method);
            xml.close();
        }
    }
}

fn comments(xml: &mut Xml, datasets: &[Dataset]) {
    for dataset in datasets.iter().filter(|dataset| dataset.rows.is_empty()) {
        xml.open("def:CommentDef", &[("OID", &format!("COM.{}", dataset.name))]);
        let words =
            if dataset.empty_because.is_empty() { "The study gives no record." } else { &dataset.empty_because };
        described(xml, cut(&ascii(words), 900).0);
        xml.close();
    }
}
