//! A workbook of plain texts (ECMA-376). Texts are stored as texts, so that no cell can be run as a formula.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::xml::Xml;

pub(crate) struct Sheet {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Vec<String>>,
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const CELL_MAX: usize = 32_000;

pub(crate) fn workbook(sheets: &[Sheet]) -> Vec<u8> {
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), types(sheets)),
        ("_rels/.rels".to_owned(), relations(&[("rId1", "officeDocument", "xl/workbook.xml".to_owned())])),
        ("xl/workbook.xml".to_owned(), book(sheets)),
    ];
    let ids: Vec<String> = (1..=sheets.len()).map(|at| format!("rId{at}")).collect();
    let related: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(at, id)| (id.as_str(), "worksheet", format!("worksheets/sheet{}.xml", at + 1)))
        .collect();
    parts.push(("xl/_rels/workbook.xml.rels".to_owned(), relations(&related)));
    for (at, sheet) in sheets.iter().enumerate() {
        parts.push((format!("xl/worksheets/sheet{}.xml", at + 1), self::sheet(sheet)));
    }
    pack(&parts).unwrap_or_default()
}

/// A zip archive whose bytes depend on its content alone.
pub(crate) fn pack(parts: &[(String, Vec<u8>)]) -> Result<Vec<u8>, zip::result::ZipError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    for (name, bytes) in parts {
        archive.start_file(name, options)?;
        archive.write_all(bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn types(sheets: &[Sheet]) -> Vec<u8> {
    let mut xml = Xml::new();
    let package = "application/vnd.openxmlformats-package.relationships+xml";
    xml.open("Types", &[("xmlns", "http://schemas.openxmlformats.org/package/2006/content-types")]);
    xml.leaf("Default", &[("Extension", "rels"), ("ContentType", package)]);
    xml.leaf("Default", &[("Extension", "xml"), ("ContentType", "application/xml")]);
    let kind = |part: &str| format!("application/vnd.openxmlformats-officedocument.spreadsheetml.{part}+xml");
    xml.leaf("Override", &[("PartName", "/xl/workbook.xml"), ("ContentType", &kind("sheet.main"))]);
    for at in 1..=sheets.len() {
        let name = format!("/xl/worksheets/sheet{at}.xml");
        xml.leaf("Override", &[("PartName", &name), ("ContentType", &kind("worksheet"))]);
    }
    xml.finish()
}

fn relations(related: &[(&str, &str, String)]) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.open("Relationships", &[("xmlns", PACKAGE)]);
    for (id, kind, target) in related {
        xml.leaf("Relationship", &[("Id", id), ("Type", &format!("{RELATIONS}/{kind}")), ("Target", target)]);
    }
    xml.finish()
}

fn book(sheets: &[Sheet]) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.open("workbook", &[("xmlns", MAIN), ("xmlns:r", RELATIONS)]);
    xml.open("sheets", &[]);
    for (at, sheet) in sheets.iter().enumerate() {
        let id = (at + 1).to_string();
        xml.leaf("sheet", &[("name", sheet.name), ("sheetId", &id), ("r:id", &format!("rId{id}"))]);
    }
    xml.finish()
}

fn sheet(sheet: &Sheet) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.open("worksheet", &[("xmlns", MAIN)]);
    xml.open("sheetData", &[]);
    for (at, row) in sheet.rows.iter().enumerate() {
        xml.open("row", &[("r", &(at + 1).to_string())]);
        for (column, text) in row.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let name = format!("{}{}", letters(column), at + 1);
            xml.open("c", &[("r", &name), ("t", "inlineStr")]);
            xml.open("is", &[]);
            xml.text("t", &[("xml:space", "preserve")], super::words::cut(text, CELL_MAX).0);
            xml.close();
            xml.close();
        }
        xml.close();
    }
    xml.finish()
}

/// A, B, … Z, AA, AB, …
fn letters(column: usize) -> String {
    let last = char::from(b'A' + u8::try_from(column % 26).unwrap_or(0));
    if column < 26 { last.to_string() } else { format!("{}{last}", letters(column / 26 - 1)) }
}
