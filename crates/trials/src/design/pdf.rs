//! A small PDF 1.7 writer: pages of text and boxes, FreeText and Link annotations, bookmarks, and a structure tree.
//!
//! Everything that says something stands in the tree in reading order, for those who listen to a page instead of seeing
//! it; frames, bands and running heads are artifacts. The fonts are the standard ones and not embedded.

mod tags;

use super::words::ascii;
use tags::Tree;

/// A colour, parts from 0 to 1.
pub(crate) type Colour = (f32, f32, f32);

/// One page under construction; the origin is below on the left, in points.
#[derive(Default)]
pub(crate) struct Page {
    content: String,
    /// Annotations, each with the number of marked texts before it.
    notes: Vec<(usize, Note)>,
    /// Roles of the marked texts in their order.
    marks: Vec<&'static str>,
}

enum Note {
    Free { place: Place, text: Vec<String>, fill: Colour, bold: bool, dashed: bool },
    Link { place: Place, page: usize },
}

/// Left, bottom, right, top.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(pub(crate) f32, pub(crate) f32, pub(crate) f32, pub(crate) f32);

pub(crate) const WIDTH: f32 = 595.0;
pub(crate) const HEIGHT: f32 = 842.0;

/// A bookmark with what lies below it.
pub(crate) struct Bookmark {
    pub(crate) title: String,
    pub(crate) page: usize,
    pub(crate) below: Vec<Bookmark>,
}

impl Page {
    pub(crate) fn text(&mut self, x: f32, y: f32, size: f32, bold: bool, text: &str) {
        let role = match (bold, size) {
            (true, size) if size >= 14.0 => "H1",
            (true, size) if size >= 10.0 => "H2",
            _ => "P",
        };
        let mark = self.marks.len();
        self.marks.push(role);
        self.content.push_str(&format!("/{role} <</MCID {mark}>> BDC\n"));
        self.letters(x, y, size, bold, text);
        self.content.push_str("EMC\n");
    }

    /// A running head or foot: seen on every page, and left out when a page is read aloud.
    pub(crate) fn furniture(&mut self, x: f32, y: f32, size: f32, text: &str) {
        self.content.push_str("/Artifact BMC\n");
        self.letters(x, y, size, false, text);
        self.content.push_str("EMC\n");
    }

    fn letters(&mut self, x: f32, y: f32, size: f32, bold: bool, text: &str) {
        let font = if bold { "F2" } else { "F1" };
        let text = string(text);
        self.content.push_str(&format!("BT /{font} {size} Tf {x:.1} {y:.1} Td {text} Tj ET\n"));
    }

    pub(crate) fn frame(&mut self, place: Place) {
        let Place(left, bottom, right, top) = place;
        self.content.push_str(&format!(
            "/Artifact BMC 0.5 w 0.45 G {left:.1} {bottom:.1} {:.1} {:.1} re S 0 G EMC\n",
            right - left,
            top - bottom
        ));
    }

    pub(crate) fn band(&mut self, place: Place, colour: Colour) {
        let Place(left, bottom, right, top) = place;
        let (r, g, b) = colour;
        self.content.push_str(&format!(
            "/Artifact BMC {r:.2} {g:.2} {b:.2} rg {left:.1} {bottom:.1} {:.1} {:.1} re f 0 g EMC\n",
            right - left,
            top - bottom
        ));
    }

    pub(crate) fn annotate(&mut self, place: Place, text: Vec<String>, fill: Colour, bold: bool, dashed: bool) {
        self.notes.push((self.marks.len(), Note::Free { place, text, fill, bold, dashed }));
    }

    pub(crate) fn link(&mut self, place: Place, page: usize) {
        self.notes.push((self.marks.len(), Note::Link { place, page }));
    }
}

/// A literal string: printable ASCII with its special characters escaped.
fn string(text: &str) -> String {
    let plain = ascii(text).replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
    format!("({plain})")
}

/// Width of a text in Helvetica, in thousandths of its size; capitals a little wide, which is on the safe side.
pub(crate) fn width(text: &str, size: f32, bold: bool) -> f32 {
    let units: u32 = text
        .chars()
        .map(|letter| match letter {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 280,
            ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' => 333,
            'M' | 'W' | 'm' | 'w' | '%' | '@' => 890,
            'A'..='Z' | '&' | '=' | '+' | '<' | '>' => 722,
            _ => 556,
        })
        .sum();
    units as f32 * size / 1000.0 * if bold { 1.06 } else { 1.0 }
}

/// Breaks a text into lines of at most this width.
pub(crate) fn wrap(text: &str, size: f32, bold: bool, most: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, size, bold) <= most || line.is_empty() {
            line = longer;
        } else {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        }
        // A word without a space that does not fit is broken where it ends.
        while width(&line, size, bold) > most && line.chars().count() > 1 {
            let mut head = String::new();
            for letter in line.chars() {
                if !head.is_empty() && width(&format!("{head}{letter}"), size, bold) > most {
                    break;
                }
                head.push(letter);
            }
            line = line.get(head.len()..).unwrap_or("").to_owned();
            lines.push(head);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Objects of the file, numbered from 1.
#[derive(Default)]
struct Objects(Vec<String>);

impl Objects {
    fn reserve(&mut self) -> usize {
        self.0.push(String::new());
        self.0.len()
    }

    fn set(&mut self, number: usize, text: String) {
        if let Some(slot) = self.0.get_mut(number - 1) {
            *slot = text;
        }
    }

    fn add(&mut self, text: String) -> usize {
        let number = self.reserve();
        self.set(number, text);
        number
    }

    fn stream(&mut self, dictionary: &str, content: &str) -> usize {
        self.add(format!("<<{dictionary} /Length {}>>\nstream\n{content}\nendstream", content.len()))
    }
}

pub(crate) struct Title<'a> {
    pub(crate) title: &'a str,
    pub(crate) subject: &'a str,
}

pub(crate) fn write(title: &Title, pages: &[Page], bookmarks: &[Bookmark]) -> Vec<u8> {
    let mut objects = Objects::default();
    let (catalog, tree) = (objects.reserve(), objects.reserve());
    let font = |name: &str| format!("<</Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding>>");
    let plain = objects.add(font("Helvetica"));
    let bold = objects.add(font("Helvetica-Bold"));
    let fonts = format!("/Font <</F1 {plain} 0 R /F2 {bold} 0 R /Helv {plain} 0 R /HeBo {bold} 0 R>>");
    let numbers: Vec<usize> = pages.iter().map(|_| objects.reserve()).collect();
    let mut structure = Tree::new(&mut objects, pages.len());
    for (at, (page, number)) in pages.iter().zip(&numbers).enumerate() {
        let content = objects.stream("", &page.content);
        let mut notes = Vec::new();
        let mut placed = Vec::new();
        for (before, note) in &page.notes {
            let key = structure.key();
            let own = annotation(&mut objects, note, (*number, key), &numbers, &fonts);
            notes.push(format!("{own} 0 R"));
            placed.push((*before, own, note.role()));
        }
        structure.page(&mut objects, (at, *number), &page.marks, &placed);
        objects.set(
            *number,
            format!(
                "<</Type /Page /Parent {tree} 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Resources <<{fonts}>> \
                 /Contents {content} 0 R /StructParents {at} /Tabs /S /Annots [{}]>>",
                notes.join(" ")
            ),
        );
    }
    let kids: Vec<String> = numbers.iter().map(|number| format!("{number} 0 R")).collect();
    objects.set(tree, format!("<</Type /Pages /Count {} /Kids [{}]>>", kids.len(), kids.join(" ")));
    let outlines = objects.reserve();
    let (first, last, count) = outline(&mut objects, bookmarks, outlines, &numbers);
    objects.set(outlines, format!("<</Type /Outlines /First {first} 0 R /Last {last} 0 R /Count {count}>>"));
    let root = structure.finish(&mut objects);
    objects.set(
        catalog,
        format!(
            "<</Type /Catalog /Pages {tree} 0 R /Outlines {outlines} 0 R /PageMode /UseOutlines /Lang (en) \
             /StructTreeRoot {root} 0 R /MarkInfo <</Marked true>> /ViewerPreferences <</DisplayDocTitle true>>>>"
        ),
    );
    let information = objects.add(format!(
        "<</Title {} /Subject {} /Creator (Candor trial designer) /Producer (Candor)>>",
        string(title.title),
        string(title.subject)
    ));
    file(&objects, catalog, information)
}

impl Note {
    fn role(&self) -> &'static str {
        match self {
            Note::Free { .. } => "Annot",
            Note::Link { .. } => "Link",
        }
    }
}

/// Writes an annotation of a page; the key is its entry in the structure tree.
fn annotation(objects: &mut Objects, note: &Note, (page, key): (usize, usize), pages: &[usize], fonts: &str) -> usize {
    match note {
        Note::Link { place: Place(l, b, r, t), page: target } => {
            let target = pages.get(*target).or(pages.first()).copied().unwrap_or(page);
            objects.add(format!(
                "<</Type /Annot /Subtype /Link /P {page} 0 R /Rect [{l:.1} {b:.1} {r:.1} {t:.1}] /Border [0 0 0] /F 4 \
                 /StructParent {key} /Contents (Page {}) /Dest [{target} 0 R /XYZ null null null]>>",
                pages.iter().position(|page| *page == target).unwrap_or(0) + 1
            ))
        }
        Note::Free { place: Place(l, b, r, t), text, fill: (red, green, blue), bold, dashed } => {
            let (width, height) = (r - l, t - b);
            let (font, name) = if *bold { ("F2", "HeBo") } else { ("F1", "Helv") };
            let dash = if *dashed { "[3 2] 0 d " } else { "" };
            let mut look = format!(
                "{red:.2} {green:.2} {blue:.2} rg {dash}0.5 0.5 {:.1} {:.1} re B 0 g\nBT /{font} 12 Tf 14 TL 3 {:.1} Td\n",
                width - 1.0,
                height - 1.0,
                height - 12.5
            );
            for line in text {
                look.push_str(&format!("{} Tj T*\n", string(line)));
            }
            look.push_str("ET");
            let form =
                format!("/Type /XObject /Subtype /Form /BBox [0 0 {width:.1} {height:.1}] /Resources <<{fonts}>>");
            let look = objects.stream(&form, &look);
            let style = if *dashed { "/S /D /D [3 2]" } else { "/S /S" };
            objects.add(format!(
                "<</Type /Annot /Subtype /FreeText /P {page} 0 R /Rect [{l:.1} {b:.1} {r:.1} {t:.1}] /F 4 \
                 /StructParent {key} /Contents {} /DA (/{name} 12 Tf 0 g) /C [{red:.2} {green:.2} {blue:.2}] /BS <</W 1 {style}>> \
                 /T (Candor) /AP <</N {look} 0 R>>>>",
                string(&text.join(" "))
            ))
        }
    }
}

fn outline(objects: &mut Objects, marks: &[Bookmark], parent: usize, pages: &[usize]) -> (usize, usize, usize) {
    let numbers: Vec<usize> = marks.iter().map(|_| objects.reserve()).collect();
    let mut count = marks.len();
    for (at, (mark, number)) in marks.iter().zip(&numbers).enumerate() {
        let page = pages.get(mark.page).or(pages.first()).copied().unwrap_or(1);
        let mut text =
            format!("<</Title {} /Parent {parent} 0 R /Dest [{page} 0 R /XYZ null null null]", string(&mark.title));
        if let Some(before) = at.checked_sub(1).and_then(|at| numbers.get(at)) {
            text.push_str(&format!(" /Prev {before} 0 R"));
        }
        if let Some(next) = numbers.get(at + 1) {
            text.push_str(&format!(" /Next {next} 0 R"));
        }
        if !mark.below.is_empty() {
            let (first, last, inner) = outline(objects, &mark.below, *number, pages);
            text.push_str(&format!(" /First {first} 0 R /Last {last} 0 R /Count {inner}"));
            count += inner;
        }
        objects.set(*number, text + ">>");
    }
    (numbers.first().copied().unwrap_or(parent), numbers.last().copied().unwrap_or(parent), count)
}

fn file(objects: &Objects, catalog: usize, information: usize) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (at, text) in objects.0.iter().enumerate() {
        places.push(out.len());
        out.extend(format!("{} 0 obj\n{text}\nendobj\n", at + 1).bytes());
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).bytes());
    for place in &places {
        out.extend(format!("{place:010} 00000 n \n").bytes());
    }
    out.extend(
        format!(
            "trailer\n<</Size {} /Root {catalog} 0 R /Info {information} 0 R>>\nstartxref\n{start}\n%%EOF\n",
            places.len() + 1
        )
        .bytes(),
    );
    out
}
