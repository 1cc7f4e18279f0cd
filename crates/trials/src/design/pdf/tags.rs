//! The structure tree (ISO 32000-1, 14.7): what is on the pages, in the order in which it is read.

use super::Objects;

/// The tree under construction.
pub(super) struct Tree {
    root: usize,
    document: usize,
    elements: Vec<usize>,
    /// Entries of the parent tree: for a page the elements of its marks, for an annotation its element.
    parents: Vec<String>,
    pages: usize,
}

impl Tree {
    pub(super) fn new(objects: &mut Objects, pages: usize) -> Tree {
        let (root, document) = (objects.reserve(), objects.reserve());
        Tree { root, document, elements: Vec::new(), parents: vec!["[]".to_owned(); pages], pages }
    }

    /// The key that the next annotation gets in the parent tree.
    pub(super) fn key(&mut self) -> usize {
        self.parents.push("null".to_owned());
        self.parents.len() - 1
    }

    /// Adds a page's marked texts and, between them, its annotations: the number of marks before each, its object and role.
    pub(super) fn page(
        &mut self,
        objects: &mut Objects,
        (at, page): (usize, usize),
        marks: &[&'static str],
        notes: &[(usize, usize, &'static str)],
    ) {
        let first_key = self.parents.len() - notes.len();
        let mut own = Vec::new();
        let mut next = notes.iter().enumerate().peekable();
        for mark in 0..=marks.len() {
            while let Some((note, (_, object, role))) = next.next_if(|(_, (before, ..))| *before <= mark) {
                let element = objects.add(format!(
                    "<</Type /StructElem /S /{role} /P {} 0 R /Pg {page} 0 R /K <</Type /OBJR /Obj {object} 0 R /Pg {page} 0 R>>>>",
                    self.document
                ));
                self.elements.push(element);
                if let Some(entry) = self.parents.get_mut(first_key + note) {
                    *entry = format!("{element} 0 R");
                }
            }
            if let Some(role) = marks.get(mark) {
                let element = objects
                    .add(format!("<</Type /StructElem /S /{role} /P {} 0 R /Pg {page} 0 R /K {mark}>>", self.document));
                self.elements.push(element);
                own.push(format!("{element} 0 R"));
            }
        }
        if let Some(entry) = self.parents.get_mut(at).filter(|_| at < self.pages) {
            *entry = format!("[{}]", own.join(" "));
        }
    }

    /// Writes the tree; its root belongs into the catalogue.
    pub(super) fn finish(self, objects: &mut Objects) -> usize {
        let numbers: Vec<String> =
            self.parents.iter().enumerate().map(|(key, entry)| format!("{key} {entry}")).collect();
        let parents = objects.add(format!("<</Nums [{}]>>", numbers.join(" ")));
        let kids: Vec<String> = self.elements.iter().map(|element| format!("{element} 0 R")).collect();
        let (root, document) = (self.root, self.document);
        let text = format!("<</Type /StructElem /S /Document /P {root} 0 R /K [{}]>>", kids.join(" "));
        objects.set(document, text);
        let text = format!(
            "<</Type /StructTreeRoot /K {document} 0 R /ParentTree {parents} 0 R /ParentTreeNextKey {}>>",
            self.parents.len()
        );
        objects.set(root, text);
        root
    }
}
