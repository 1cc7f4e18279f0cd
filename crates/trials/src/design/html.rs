//! The preview: the schedule as a matrix and every form as a person will see it. No script, no outside resource.

use std::collections::BTreeMap;

use super::form::{Field, FieldKind, Form};
use super::schedule::Schedule;
use super::usdm::model::Study;
use super::words::oid;
use super::xml::escaped;

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1c2430}\
table{border-collapse:collapse}th,td{border:1px solid #d5dae2;padding:.25rem .5rem;text-align:left;vertical-align:top}\
.matrix{overflow-x:auto;margin-bottom:2rem}.matrix td{text-align:center}.matrix th:first-child{position:sticky;left:0;background:#fff}\
.form{border:1px solid #d5dae2;border-radius:8px;padding:1rem 1.5rem;margin:1.5rem 0}\
.row{display:grid;grid-template-columns:16rem 1fr 18rem;gap:1rem;padding:.5rem 0;border-top:1px solid #eef1f5}\
.box{border:1px solid #9aa5b5;border-radius:4px;min-height:1.6rem;max-width:16rem;padding:.1rem .4rem;color:#68758a}\
.note{font:600 12px/1.5 ui-monospace,monospace;background:#e3f6f8;border-radius:4px;padding:.05rem .4rem;display:inline-block}\
.hint{color:#68758a;font-size:13px}.fixed{font-weight:600}.why{color:#68758a;font-size:13px}h2{margin-top:0}";

pub(crate) fn preview(study: &Study, schedule: &Schedule, forms: &[Form]) -> Vec<u8> {
    let mut out = String::from("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    // Whatever a protocol holds, nothing in this page may load or run.
    out.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
    );
    let name = escaped(&study.identifier);
    out.push_str(&format!("<title>{name}: forms</title><style>{STYLE}</style></head><body>"));
    out.push_str(&format!("<h1>{name}</h1><p>{}</p>", escaped(&study.title)));
    matrix(&mut out, study, schedule);
    placement(&mut out, schedule, forms);
    for form in forms {
        self::form(&mut out, form);
    }
    out.push_str("</body></html>\n");
    out.into_bytes()
}

fn matrix(out: &mut String, study: &Study, schedule: &Schedule) {
    out.push_str(
        "<h2>Schedule of activities</h2><div class=\"matrix\"><table><thead><tr><th scope=\"col\">Activity</th>",
    );
    for visit in &schedule.visits {
        let day = visit.day.map_or(String::new(), |day| format!("<br>Day {day}"));
        let window = visit.window.map_or(String::new(), |(low, high)| format!("<br>{low} to {high}"));
        out.push_str(&format!("<th scope=\"col\">{}{day}{window}</th>", escaped(&visit.name)));
    }
    out.push_str("</tr></thead><tbody>");
    let done: BTreeMap<(usize, usize), &str> =
        schedule.cells.iter().map(|cell| ((cell.activity, cell.visit), cell.condition.as_str())).collect();
    for (at, activity) in study.design.activities.iter().enumerate() {
        out.push_str(&format!("<tr><th scope=\"row\">{}</th>", escaped(activity.named.title())));
        for visit in 0..schedule.visits.len() {
            match done.get(&(at, visit)) {
                None => out.push_str("<td></td>"),
                Some(&"") => out.push_str("<td>X</td>"),
                Some(condition) => out.push_str(&format!("<td title=\"{}\">X*</td>", escaped(condition))),
            }
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
}

fn placement(out: &mut String, schedule: &Schedule, forms: &[Form]) {
    out.push_str("<h2>Forms</h2><table><thead><tr><th>Form</th><th>Where</th></tr></thead><tbody>");
    for form in forms {
        let visits = form.visits.iter().filter_map(|at| schedule.visits.get(*at)).map(|visit| visit.name.as_str());
        let events = form.events.iter().filter_map(|at| schedule.events.get(*at)).map(|event| event.name.as_str());
        let places: Vec<String> = visits.chain(events).map(escaped).collect();
        let anchor = oid(&form.oid);
        out.push_str(&format!(
            "<tr><td><a href=\"#{anchor}\">{}</a></td><td>{}</td></tr>",
            escaped(&form.title),
            places.join(", ")
        ));
    }
    out.push_str("</tbody></table>");
}

fn form(out: &mut String, form: &Form) {
    out.push_str(&format!("<section class=\"form\" id=\"{}\"><h2>{}</h2>", oid(&form.oid), escaped(&form.title)));
    if !form.added_because.is_empty() {
        out.push_str(&format!("<p class=\"why\">{}</p>", escaped(&form.added_because)));
    }
    for group in &form.groups {
        if form.groups.len() > 1 {
            let more = if group.repeating { " (as many as needed)" } else { "" };
            out.push_str(&format!("<h3>{}{more}</h3>", escaped(&group.title)));
        }
        for field in &group.fields {
            self::field(out, field);
        }
    }
    out.push_str("</section>");
}

fn field(out: &mut String, field: &Field) {
    let star = if field.required { " *" } else { "" };
    out.push_str(&format!("<div class=\"row\"><div>{}{star}<br>", escaped(&field.prompt)));
    out.push_str(&format!("<span class=\"hint\">{} {}</span></div><div>", escaped(&field.name), escaped(&field.core)));
    match (&field.choices, field.fixed.as_str()) {
        (_, fixed) if !fixed.is_empty() => out.push_str(&format!("<span class=\"fixed\">{}</span>", escaped(fixed))),
        (Some(choices), _) => {
            for choice in &choices.choices {
                out.push_str(&format!("<div>&#9675; {}</div>", escaped(&choice.text)));
            }
        }
        (None, _) => {
            let inside = match field.kind {
                FieldKind::Date => "dd MMM yyyy",
                FieldKind::Time => "hh:mm",
                _ => field.unit.as_str(),
            };
            out.push_str(&format!("<div class=\"box\">{}</div>", escaped(inside)));
        }
    }
    out.push_str(&format!(
        "<span class=\"hint\">{} {}</span></div><div>",
        escaped(&field.question),
        escaped(&field.hint)
    ));
    for annotation in field.annotations() {
        out.push_str(&format!("<span class=\"note\">{}</span> ", escaped(&annotation)));
    }
    out.push_str("</div></div>");
}
