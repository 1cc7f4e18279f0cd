//! The annotated CRF: each form once, every field with where its value goes (SDTM metadata submission guidelines 2.0).

use std::collections::{BTreeMap, BTreeSet};

use super::form::{Field, FieldKind, Form};
use super::pdf::{Bookmark, Colour, HEIGHT, Page, Place, Title, WIDTH, wrap, write};
use super::schedule::Schedule;
use super::standards::standards;
use super::usdm::model::Study;
use super::words::{ascii, cut};

/// The document and the pages, counted from 1, on which each variable is annotated.
pub(crate) struct Annotated {
    pub(crate) bytes: Vec<u8>,
    pub(crate) pages: BTreeMap<(String, String), BTreeSet<usize>>,
    /// Pages of the values of one test: dataset, variable, test.
    pub(crate) values: BTreeMap<(String, String, String), BTreeSet<usize>>,
    pub(crate) count: usize,
}

/// Background colours of the first, second, third and fourth domain on a form.
const COLOURS: [Colour; 4] = [(0.75, 1.0, 1.0), (1.0, 1.0, 0.59), (0.59, 1.0, 0.59), (1.0, 0.75, 0.61)];
const BOTTOM: f32 = 60.0;

struct Layout<'a> {
    study: &'a Study,
    pages: Vec<Page>,
    y: f32,
    places: BTreeMap<(String, String), BTreeSet<usize>>,
    values: BTreeMap<(String, String, String), BTreeSet<usize>>,
}

pub(crate) fn annotated(study: &Study, schedule: &Schedule, forms: &[Form]) -> Annotated {
    let contents = contents_pages(forms, schedule);
    let mut layout = Layout { study, pages: Vec::new(), y: 0.0, places: BTreeMap::new(), values: BTreeMap::new() };
    for _ in 0..contents {
        layout.pages.push(Page::default());
    }
    let mut starts = Vec::new();
    for form in forms {
        starts.push(layout.pages.len());
        layout.form(form);
    }
    table_of_contents(&mut layout.pages, study, forms, &starts);
    let bookmarks = bookmarks(forms, schedule, &starts);
    let title = format!("{} Annotated Case Report Form", study.identifier);
    let title = Title { title: &title, subject: "Made from the study definition; SDTMIG 3.4, CDASHIG 2.2" };
    let count = layout.pages.len();
    let bytes = write(&title, &layout.pages, &bookmarks);
    Annotated { bytes, pages: layout.places, values: layout.values, count }
}

const LINES_PER_PAGE: usize = 44;

fn contents_pages(forms: &[Form], _schedule: &Schedule) -> usize {
    forms.len().div_ceil(LINES_PER_PAGE).max(1)
}

fn table_of_contents(pages: &mut [Page], study: &Study, forms: &[Form], starts: &[usize]) {
    for (at, (form, start)) in forms.iter().zip(starts).enumerate() {
        let Some(page) = pages.get_mut(at / LINES_PER_PAGE) else { continue };
        let line = at % LINES_PER_PAGE;
        if line == 0 {
            page.text(50.0, HEIGHT - 60.0, 16.0, true, &format!("{}: forms", study.identifier));
        }
        let y = HEIGHT - 92.0 - line as f32 * 15.5;
        page.text(50.0, y, 10.0, false, cut(&ascii(&form.title), 78).0);
        page.text(WIDTH - 75.0, y, 10.0, false, &(start + 1).to_string());
        page.link(Place(48.0, y - 3.0, WIDTH - 48.0, y + 11.0), *start);
    }
}

/// By visit in the order of the schedule with running records last, and by form.
fn bookmarks(forms: &[Form], schedule: &Schedule, starts: &[usize]) -> Vec<Bookmark> {
    let mark = |(form, start): (&Form, &usize)| Bookmark { title: form.title.clone(), page: *start, below: Vec::new() };
    let mut by_visit = Vec::new();
    for (at, visit) in schedule.visits.iter().enumerate() {
        let below: Vec<Bookmark> =
            forms.iter().zip(starts).filter(|(form, _)| form.visits.contains(&at) && !form.log).map(mark).collect();
        if let Some(page) = below.first().map(|first| first.page) {
            by_visit.push(Bookmark { title: visit.name.clone(), page, below });
        }
    }
    let running: Vec<Bookmark> = forms.iter().zip(starts).filter(|(form, _)| form.log).map(mark).collect();
    if let Some(page) = running.first().map(|first| first.page) {
        by_visit.push(Bookmark { title: "Running Records".to_owned(), page, below: running });
    }
    let mut by_form: Vec<Bookmark> = forms.iter().zip(starts).map(mark).collect();
    by_form.sort_by(|a, b| a.title.cmp(&b.title));
    vec![
        Bookmark { title: "Table of contents".to_owned(), page: 0, below: Vec::new() },
        Bookmark { title: "Visits".to_owned(), page: starts.first().copied().unwrap_or(0), below: by_visit },
        Bookmark { title: "Forms".to_owned(), page: starts.first().copied().unwrap_or(0), below: by_form },
    ]
}

impl Layout<'_> {
    fn form(&mut self, form: &Form) {
        let domains = domains(form);
        self.turn(form, &domains);
        for group in &form.groups {
            if form.groups.len() > 1 {
                self.room(form, &domains, 30.0);
                let y = self.y;
                if let Some(page) = self.pages.last_mut() {
                    page.band(Place(45.0, y - 16.0, WIDTH - 45.0, y), (0.92, 0.93, 0.95));
                    page.text(50.0, y - 12.0, 10.0, true, cut(&ascii(&group.title), 70).0);
                }
                self.y -= 24.0;
            }
            for field in &group.fields {
                self.field(form, &domains, field);
            }
        }
    }

    fn turn(&mut self, form: &Form, domains: &[String]) {
        let mut page = Page::default();
        page.furniture(50.0, HEIGHT - 40.0, 9.0, &format!("Study {}", self.study.identifier));
        page.text(50.0, HEIGHT - 62.0, 14.0, true, cut(&ascii(&form.title), 60).0);
        let mut y = HEIGHT - 72.0;
        for (at, domain) in domains.iter().enumerate() {
            let label = standards().datasets.get(domain).map_or("", |kind| kind.label.as_str());
            let text = format!("{domain} ({label})");
            let width = (super::pdf::width(&text, 12.0, true) + 10.0).min(WIDTH - 100.0);
            page.annotate(Place(50.0, y - 17.0, 50.0 + width, y), vec![text], colour(at), true, false);
            y -= 20.0;
        }
        page.furniture(50.0, 36.0, 8.0, &format!("{}   page {}", form.oid, self.pages.len() + 1));
        self.pages.push(page);
        self.y = y - 12.0;
    }

    fn room(&mut self, form: &Form, domains: &[String], height: f32) {
        if self.y - height < BOTTOM {
            self.turn(form, domains);
        }
    }

    fn field(&mut self, form: &Form, domains: &[String], field: &Field) {
        let prompt = wrap(&ascii(&field.prompt), 10.0, false, 165.0);
        let notes: Vec<(Vec<String>, usize, bool)> = field
            .annotations()
            .iter()
            .zip(field.destinations.iter().map(Some).chain(std::iter::repeat(None)))
            .map(|(text, destination)| {
                let at =
                    destination.and_then(|one| domains.iter().position(|domain| *domain == one.dataset)).unwrap_or(0);
                // A7: what the form fixes is not collected from anyone.
                let dashed = destination.is_some_and(|one| !one.fixed.is_empty());
                (wrap(&ascii(text), 12.0, false, 186.0), at, dashed)
            })
            .collect();
        let options = field.choices.as_ref().filter(|choices| choices.choices.len() <= 12);
        let lines = options.map_or(1, |choices| choices.choices.len());
        let tall = notes.iter().map(|(lines, ..)| lines.len() as f32 * 14.0 + 8.0).sum::<f32>();
        let height = (prompt.len() as f32 * 12.0).max(lines as f32 * 12.0 + 6.0).max(tall) + 6.0;
        self.room(form, domains, height.min(HEIGHT - 200.0));
        let top = self.y;
        let number = self.pages.len();
        let Some(page) = self.pages.last_mut() else { return };
        for (at, line) in prompt.iter().enumerate() {
            page.text(50.0, top - 11.0 - at as f32 * 12.0, 10.0, false, line);
        }
        draw_input(page, field, top);
        let mut y = top;
        for (lines, at, dashed) in notes {
            let height = lines.len() as f32 * 14.0 + 5.0;
            let wide = lines.iter().map(|line| super::pdf::width(line, 12.0, false)).fold(0.0, f32::max) + 8.0;
            let place = Place(355.0, y - height, (355.0 + wide).min(WIDTH - 40.0), y);
            page.annotate(place, lines, colour(at), false, dashed);
            y -= height + 3.0;
        }
        for one in &field.destinations {
            let key = (one.dataset.clone(), one.variable.clone());
            self.places.entry(key).or_default().insert(number);
            if !one.testcd.is_empty() {
                let key = (one.dataset.clone(), one.variable.clone(), one.testcd.clone());
                self.values.entry(key).or_default().insert(number);
            }
        }
        self.y = top - height;
    }
}

fn draw_input(page: &mut Page, field: &Field, top: f32) {
    let options = field.choices.as_ref().filter(|choices| choices.choices.len() <= 12);
    match (options, field.fixed.as_str()) {
        (_, fixed) if !fixed.is_empty() => {
            for (at, line) in wrap(&ascii(fixed), 9.0, true, 122.0).iter().take(2).enumerate() {
                page.text(225.0, top - 11.0 - at as f32 * 11.0, 9.0, true, line);
            }
        }
        (Some(choices), _) => {
            for (at, choice) in choices.choices.iter().enumerate() {
                let y = top - 11.0 - at as f32 * 12.0;
                page.frame(Place(225.0, y - 1.0, 233.0, y + 7.0));
                page.text(238.0, y, 9.0, false, cut(&ascii(&choice.text), 24).0);
            }
        }
        (None, _) => {
            page.frame(Place(225.0, top - 15.0, 320.0, top - 1.0));
            let hint = match field.kind {
                FieldKind::Date => "dd MMM yyyy",
                FieldKind::Time => "hh:mm",
                _ => field.unit.as_str(),
            };
            page.text(230.0, top - 12.0, 8.0, false, cut(&ascii(hint), 18).0);
        }
    }
}

fn domains(form: &Form) -> Vec<String> {
    let mut domains: Vec<String> = Vec::new();
    for field in form.groups.iter().flat_map(|group| &group.fields) {
        for one in &field.destinations {
            if !domains.contains(&one.dataset) {
                domains.push(one.dataset.clone());
            }
        }
    }
    domains
}

fn colour(at: usize) -> Colour {
    COLOURS.get(at % COLOURS.len()).copied().unwrap_or((1.0, 1.0, 1.0))
}
