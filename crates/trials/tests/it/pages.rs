//! The pages, knocked at: who may open what, what is saved, and what never happens.

use serde_json::{Value, json};

use crate::fixture;
use crate::house::{House, Said};

const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}&amp;\u{202e}";

async fn bring(house: &House, document: &Value) -> String {
    let bytes = serde_json::to_vec(document).unwrap();
    let said = house.upload("study-designer", "/trials/studies/import", "river.json", &bytes).await.is(303);
    said.header("location").to_owned()
}

async fn river() -> (House, String) {
    let house = House::new().await;
    let root = bring(&house, &fixture::study()).await;
    (house, root)
}

fn pages(root: &str) -> Vec<String> {
    let below = [
        "",
        "/schedule",
        "/design",
        "/forms",
        "/mapping",
        "/trace",
        "/findings",
        "/changes",
        "/builds",
        "/approvals",
        "/protocol.json",
        "/schedule.csv",
        "/trace.csv",
        "/trace.json",
    ];
    below.iter().map(|page| format!("{root}{page}")).collect()
}

fn text_of(said: &Said) -> String {
    String::from_utf8_lossy(&said.body).into_owned()
}

#[tokio::test]
async fn a_study_that_is_brought_stays_as_it_came_byte_for_byte() {
    let (house, root) = river().await;
    let kept = house.page("study-reviewer", &format!("{root}/protocol.json")).await.is(200);
    assert_eq!(kept.body, serde_json::to_vec(&fixture::study()).unwrap());
    let list = house.page("study-reviewer", "/trials/studies").await.is(200).text();
    assert!(list.contains("River water against still water") && list.contains("RIVER-1"));
    let found = house.page("study-reviewer", "/trials/studies?q=still+wat").await.is(200).text();
    assert!(found.contains("RIVER-1"));
    let none = house.page("study-reviewer", "/trials/studies?q=mountain").await.is(200).text();
    assert!(none.contains("No study was found"));
}

#[tokio::test]
async fn every_page_of_a_study_opens_for_a_reviewer_and_for_nobody_of_another_organisation() {
    let (house, root) = river().await;
    for path in pages(&root) {
        house.page("study-reviewer", &path).await.is(200);
        house.page("study-reviewer_2", &path).await.is(404);
        let nobody = house.send(axum::http::Request::get(&path).header("host", "h").body("".into()).unwrap()).await;
        assert!(nobody.header("location").starts_with("/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn each_job_does_its_own_work_and_no_other() {
    let (house, root) = river().await;
    let posts = [
        ("/schedule", "study-designer"),
        ("/design/arms/new", "study-designer"),
        ("/findings", "study-reviewer"),
        ("/mapping", "data-standards-lead"),
        ("/builds", "study-designer"),
        ("/approvals", "study-approver"),
        ("/retire", "data-standards-lead"),
    ];
    for (page, owner) in posts {
        for role in ["study-designer", "study-reviewer", "study-approver", "data-standards-lead"] {
            let both = [("/findings", "data-standards-lead"), ("/builds", "data-standards-lead")];
            if role == owner || both.contains(&(page, role)) {
                continue;
            }
            let said = house.post(role, &root, &format!("{root}{page}"), &[("op", "undo")]).await;
            assert_eq!(said.status, 404, "{role} at {page}");
        }
    }
}

fn cell(activity: &str, visit: &str, on: bool) -> String {
    json!([activity, visit, on]).to_string()
}

#[tokio::test]
async fn a_cell_is_marked_cleared_and_brought_back() {
    let (house, root) = river().await;
    let at = format!("{root}/schedule");
    let has = |document: &Value| {
        let instances = &document["study"]["versions"][0]["studyDesigns"][0]["scheduleTimelines"][0]["instances"];
        instances[1]["activityIds"].as_array().unwrap().iter().any(|id| id == "A4")
    };
    let document = |said: Said| serde_json::from_slice::<Value>(&said.body).unwrap();
    let read = async || document(house.page("study-designer", &format!("{root}/protocol.json")).await);
    assert!(!has(&read().await));
    house.form("study-designer", &at, &[("cell", &cell("A4", "E2", true)), ("version", "1")]).await.is(303);
    assert!(has(&read().await));
    let undone = house.form("study-designer", &at, &[("op", "undo")]).await.is(303);
    assert!(undone.header("location").ends_with("?said=undone"));
    assert!(!has(&read().await));
    let nothing = house.form("study-designer", &at, &[("op", "undo")]).await;
    assert_eq!(nothing.status, 409);
    assert!(nothing.text().contains("There is nothing to undo."));
}

#[tokio::test]
async fn two_people_who_change_the_schedule_at_once_both_keep_their_work() {
    let (house, root) = river().await;
    let at = format!("{root}/schedule");
    house.form("study-designer", &at, &[("cell", &cell("A4", "E2", true)), ("version", "1")]).await.is(303);
    let late = house.form("study-designer", &at, &[("cell", &cell("A5", "E1", true)), ("version", "1")]).await.is(303);
    assert!(late.header("location").ends_with("?said=both"));
    let table = house.page("study-designer", &format!("{root}/schedule.csv")).await.text();
    assert!(table.contains("\"Hemoglobin\",\"X\",\"X\",\"X\""), "{table}");
    assert!(table.contains("\"Adverse events\",\"X\",\"\",\"X\""), "{table}");
}

#[tokio::test]
async fn what_the_script_sends_is_answered_in_json_and_refused_in_words() {
    let (house, root) = river().await;
    let at = format!("{root}/schedule");
    let said = house.fetch("study-designer", &at, &[("cell", &cell("A4", "E2", true)), ("version", "1")]).await.is(200);
    let body: Value = serde_json::from_slice(&said.body).unwrap();
    assert_eq!((&body["version"], &body["both"]), (&json!(2), &json!(false)));
    let said = house.fetch("study-designer", &at, &[("cell", &cell("GONE", "E2", true)), ("version", "2")]).await;
    assert_eq!(said.status, 409);
    assert!(said.text().contains("not in the study any more"));
}

#[tokio::test]
async fn activities_and_visits_are_added_renamed_moved_timed_and_removed() {
    let (house, root) = river().await;
    let at = format!("{root}/schedule");
    let send = async |fields: &[(&str, &str)]| house.form("study-designer", &at, fields).await.is(303);
    send(&[("op", "add"), ("part", "activity"), ("label", "Weight"), ("after", "A3")]).await;
    send(&[
        ("op", "add"),
        ("part", "visit"),
        ("label", "Week 3"),
        ("epoch", "P3"),
        ("day", "21"),
        ("before", "1"),
        ("behind", "2"),
    ])
    .await;
    let table = async || house.page("study-designer", &format!("{root}/schedule.csv")).await.text();
    let now = table().await;
    assert!(now.contains("\"Week 3\"") && now.contains("\"'+3 weeks\"") && now.contains("−1 d to +2 d"), "{now}");
    let place = |text: &str, word: &str| text.find(word).unwrap_or_else(|| panic!("{word} in {text}"));
    assert!(place(&now, "Vital signs") < place(&now, "Weight") && place(&now, "Weight") < place(&now, "Hemoglobin"));
    send(&[("op", "rename"), ("part", "visit"), ("id", "Encounter_1"), ("label", "Day 21")]).await;
    send(&[("op", "up"), ("part", "visit"), ("id", "Encounter_1")]).await;
    let now = table().await;
    assert!(place(&now, "Day 21") < place(&now, "Week 2"), "{now}");
    send(&[("op", "note"), ("id", "A3"), ("visit", "E1"), ("words", "Only when seated")]).await;
    assert!(table().await.contains("\"X a\""));
    send(&[("op", "remove"), ("part", "visit"), ("id", "Encounter_1")]).await;
    send(&[("op", "remove"), ("part", "activity"), ("id", "A3")]).await;
    let now = table().await;
    assert!(!now.contains("Day 21") && !now.contains("Vital signs") && !now.contains("Only when seated"), "{now}");
    let anchor = house.form("study-designer", &at, &[("op", "remove"), ("part", "visit"), ("id", "E2")]).await;
    assert_eq!(anchor.status, 422);
    assert!(anchor.text().contains("timed from this one"));
    let page = house.page("study-reviewer", &format!("{root}/findings")).await.is(200).text();
    let broken: Vec<&str> = page.split("<li>").filter(|one| one.contains("U3.1 ") || one.contains("U3.3 ")).collect();
    assert!(broken.is_empty(), "an edit leaves a broken reference or chain: {broken:?}");
}

#[tokio::test]
async fn a_part_that_somebody_else_changed_meanwhile_is_not_overwritten() {
    let (house, root) = river().await;
    let at = format!("{root}/design/arms/R1");
    let fields = [("label", "Rapid river"), ("words", "Fast"), ("kind", "C174266")];
    let stale = house.form("study-designer", &at, &[&fields[..], &[("version", "7")]].concat()).await;
    assert_eq!(stale.status, 412);
    assert!(stale.text().contains("Rapid river"), "what was written is still in the form");
    house.form("study-designer", &at, &[&fields[..], &[("version", "1")]].concat()).await.is(303);
    assert!(house.page("study-designer", &format!("{root}/design")).await.text().contains("Rapid river"));
    let new = [("words", "To see who comes back"), ("kind", "C85827"), ("version", "2")];
    house.form("study-designer", &format!("{root}/design/objectives/new"), &new).await.is(303);
    let empty = [("words", " "), ("kind", "C25532"), ("version", "3")];
    let back = house.form("study-designer", &format!("{root}/design/criteria/new"), &empty).await;
    assert_eq!(back.status, 422);
}

async fn decide_all(house: &House, root: &str) {
    let said = house.form("study-reviewer", &format!("{root}/findings"), &[("op", "accept-all")]).await;
    assert!(said.status == 303 || said.status == 409, "{}", said.status);
}

#[tokio::test]
async fn a_study_goes_from_file_to_release_and_only_what_changes_is_approved_again() {
    let (house, root) = river().await;
    decide_all(&house, &root).await;
    house.form("study-designer", &format!("{root}/builds"), &[]).await.is(303);
    let build = house.page("study-approver", &format!("{root}/builds/1")).await.is(200).text();
    let preview = build.contains("A preview: it cannot be released.");
    let names: Vec<String> = artefacts(&build);
    assert!(names.len() > 20, "{names:?}");
    let mut fields: Vec<(&str, &str)> = names.iter().map(|name| ("artefact", name.as_str())).collect();
    fields.push(("build", "1"));
    let said = house.form("study-approver", &format!("{root}/approvals"), &fields).await;
    assert!(!preview, "the fixture can be released");
    assert_eq!(said.status, 303, "{}", said.text());
    let page = house.page("study-approver", &format!("{root}/approvals")).await.text();
    assert!(page.contains("Everything in build 1 is approved."));
    let edit = [("op", "rename"), ("part", "visit"), ("id", "E3"), ("label", "Week two")];
    house.form("study-designer", &format!("{root}/schedule"), &edit).await.is(303);
    decide_all(&house, &root).await;
    house.form("study-designer", &format!("{root}/builds"), &[]).await.is(303);
    let page = house.page("study-approver", &format!("{root}/approvals")).await.text();
    assert!(page.contains("Changed since it was approved"));
    let same = page.matches("type=\"checkbox\"").count();
    assert!(same > 0 && same < names.len(), "{same} of {}", names.len());
    let compare = house.page("study-approver", &format!("{root}/builds/compare?a=1&b=2")).await.is(200).text();
    assert!(compare.contains("Differs") && compare.contains("Same"));
    let changes = house.page("study-approver", &format!("{root}/changes?a=1&b=2")).await.is(200).text();
    assert!(changes.contains("Week two") || changes.contains("WEEK TWO"), "the renamed visit stands in the comparison");
}

fn artefacts(page: &str) -> Vec<String> {
    let parts = page.split("/files/").skip(1);
    parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn nobody_approves_their_own_build_and_nobody_releases_what_is_blocked() {
    let house = House::new().await;
    let mut study = fixture::study();
    study["study"]["versions"][0]["studyDesigns"][0]["activities"][2]["label"] = json!("Zorble assay of the quux");
    study["study"]["versions"][0]["studyDesigns"][0]["activities"][2]["name"] = json!("ZORBLE");
    let root = bring(&house, &study).await;
    house.form("data-standards-lead", &format!("{root}/builds"), &[]).await.is(303);
    let page = house.page("study-approver", &format!("{root}/builds/1")).await.is(200).text();
    assert!(page.contains("A preview: it cannot be released."));
    let fields = [("build", "1"), ("artefact", "acrf.pdf")];
    let said = house.post("study-approver", &root, &format!("{root}/approvals"), &fields).await;
    assert_eq!(said.status, 409, "{}", said.text());
    let name = [("label", "Zorble assay of the quux"), ("domain", ""), ("reason", "Not done in this study")];
    house.form("data-standards-lead", &format!("{root}/mapping"), &name).await.is(303);
    let page = house.page("study-reviewer", &format!("{root}/mapping")).await.text();
    assert!(!page.contains("Not known") && page.contains("Not done in this study"));
    assert!(house.page("study-reviewer", "/trials/choices").await.text().contains("Zorble assay of the quux"));
}

#[tokio::test]
async fn artefacts_are_downloaded_as_they_were_built() {
    let (house, root) = river().await;
    house.form("study-designer", &format!("{root}/builds"), &[]).await.is(303);
    house.form("study-designer", &format!("{root}/builds"), &[]).await.is(303);
    let one = house.page("study-reviewer", &format!("{root}/builds/1/files/define.xml")).await.is(200);
    assert_eq!(one.body, house.page("study-reviewer", &format!("{root}/builds/2/files/define.xml")).await.body);
    assert!(one.header("content-disposition").starts_with("attachment"));
    let zip = house.page("study-reviewer", &format!("{root}/builds/1/all.zip")).await.is(200);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(zip.body)).unwrap();
    assert!(archive.by_name("manifest.json").is_ok() && archive.by_name("data/dm.xpt").is_ok());
    house.page("study-reviewer", &format!("{root}/builds/1/files/../../secret")).await.is(404);
    house.page("study-reviewer_2", &format!("{root}/builds/1/files/define.xml")).await.is(404);
}

#[tokio::test]
async fn what_is_no_study_is_refused_with_the_place() {
    let house = House::new().await;
    let cases: [(&[u8], &str); 6] = [
        (b"", "it ends before it is whole"),
        (b"{\"study\": {\"versions\": [", "line 1, column"),
        (b"[]", "has no \u{201c}study\u{201d}"),
        (b"{\"study\": {}}", "has no version"),
        (b"{\"study\": {\"versions\": [{}]}}", "has no design"),
        (b"\xff\xfe\x00", "not JSON"),
    ];
    for (bytes, words) in cases {
        let said = house.upload("study-designer", "/trials/studies/import", "x.json", bytes).await;
        assert_eq!(said.status, 422, "{words}");
        assert!(said.text().contains(words), "{words} in {}", said.text());
    }
    assert!(house.page("study-designer", "/trials/studies").await.text().contains("No studies yet"));
}

#[tokio::test]
async fn a_form_that_no_page_of_ours_gave_changes_nothing() {
    let (house, root) = river().await;
    let request = axum::http::Request::builder()
        .method("POST")
        .uri(format!("{root}/schedule"))
        .header("cookie", "__Host-candor=study-designer")
        .header("host", "house.example")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("op=remove&part=activity&id=A1".into())
        .unwrap();
    assert_eq!(house.send(request).await.status, 422);
    assert!(house.page("study-designer", &format!("{root}/schedule.csv")).await.text().contains("Informed consent"));
}

#[tokio::test]
async fn hostile_words_come_out_as_words_on_every_page() {
    let house = House::new().await;
    let mut study = fixture::study();
    hostile(&mut study);
    let root = bring(&house, &study).await;
    let note = [("op", "note"), ("id", "A3"), ("visit", "E1"), ("words", HOSTILE)];
    house.form("study-designer", &format!("{root}/schedule"), &note).await.is(303);
    let reject = house.page("study-reviewer", &format!("{root}/findings")).await.text();
    if let Some(key) =
        reject.split("name=\"key\" value=\"").nth(1).map(|part| part.split('"').next().unwrap().to_owned())
    {
        let fields = [("op", "reject"), ("key", key.as_str()), ("reason", HOSTILE)];
        house.form("study-reviewer", &format!("{root}/findings"), &fields).await.is(303);
    }
    house.form("study-designer", &format!("{root}/builds"), &[]).await.is(303);
    let mut all = pages(&root);
    all.extend([
        "/trials/studies".to_owned(),
        format!("{root}/builds/1"),
        format!("{root}/design/arms/R1"),
        format!("{root}/schedule?activity=A3"),
        format!("{root}/schedule?visit=E1"),
        format!("{root}/changes?a=1&b=2"),
        format!("{root}/trace?q=%3Cscript%3E"),
        format!("{root}/forms?view=annotated"),
        "/trials/studies?q=%3Cscript%3Ealert(1)%3C/script%3E".to_owned(),
    ]);
    for path in all {
        let said = house.page("study-designer", &path).await.is(200);
        if said.header("content-type").starts_with("text/html") {
            let text = text_of(&said);
            assert!(!text.contains("<script>alert") && !text.contains("<img src=x"), "{path}");
        }
    }
}

/// Puts hostile words in every label, description and text.
fn hostile(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, value) in map.iter_mut() {
                if ["label", "description", "text", "name"].contains(&name.as_str()) && value.is_string() {
                    let was = value.as_str().unwrap().to_owned();
                    *value = format!("{was} {HOSTILE}").into();
                } else {
                    hostile(value);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(hostile),
        _ => {}
    }
}

#[tokio::test]
async fn a_study_from_nothing_can_be_written_on_its_pages() {
    let house = House::new().await;
    let wrong = house.form("study-designer", "/trials/studies/new", &[("title", ""), ("identifier", "")]).await;
    assert_eq!(wrong.status, 422);
    let fields = [("title", "A study of tea"), ("identifier", "TEA-1"), ("arms", "Green\nBlack"), ("sponsor", "Leaf")];
    let root = house.form("study-designer", "/trials/studies/new", &fields).await.is(303).header("location").to_owned();
    let at = format!("{root}/schedule");
    let visit = [("op", "add"), ("part", "visit"), ("label", "Day 1"), ("day", "0")];
    house.form("study-designer", &at, &visit).await.is(303);
    let activity = [("op", "add"), ("part", "activity"), ("label", "Vital signs")];
    house.form("study-designer", &at, &activity).await.is(303);
    let mark = cell("Activity_1", "Encounter_1", true);
    house.form("study-designer", &at, &[("cell", &mark)]).await.is(303);
    let page = house.page("study-designer", &format!("{root}/design")).await.is(200).text();
    assert!(page.contains("Green") && page.contains("Black") && page.contains("Follow-up"));
    let forms = house.page("study-designer", &format!("{root}/forms")).await.is(200).text();
    assert!(forms.contains("Vital"), "the form follows from the activity");
    let findings = house.page("study-designer", &format!("{root}/findings")).await.text();
    assert!(!findings.contains("U3.1") && !findings.contains("U1.2"), "what is written here is sound USDM");
}

const SOA: &str = "Visit,Screening,Baseline,Week 4\nDay,-7,1,29\nInformed consent,X,,\nVital signs,X,X,Xa\na. Seated\n";

#[tokio::test]
async fn a_spreadsheet_is_shown_before_it_becomes_a_study() {
    let house = House::new().await;
    let said = house.upload("study-designer", "/trials/studies/import", "soa.csv", SOA.as_bytes()).await.is(303);
    let at = said.header("location").to_owned();
    let page = house.page("study-designer", &at).await.is(200).text();
    for words in ["3 visits, 2 activities, 4 marks, 1 footnote", "Informed consent", "+28 d", "Seated"] {
        assert!(page.contains(words), "{words}");
    }
    house.page("study-reviewer", &at).await.is(404);
    house.page("study-designer_2", &at).await.is(404);
    let fields = [("title", "From a table"), ("identifier", "TAB-1")];
    let made = house.form("study-designer", &at, &fields).await.is(303).header("location").to_owned();
    let table = house.page("study-designer", &made.replace("/schedule", "/schedule.csv")).await.is(200).text();
    assert!(table.contains("\"Vital signs\",\"X\",\"X\",\"X a\""), "{table}");
    let bad = house.upload("study-designer", "/trials/studies/import", "soa.csv", b"a,b\nc,d\n").await;
    assert_eq!(bad.status, 422);
    assert!(bad.text().contains("No marks were found"));
}

#[tokio::test]
async fn data_about_a_person_is_refused_on_every_way_in() {
    let (house, root) = river().await;
    let person = "Patient NHS number 943 476 5919, born 4 March 1988";
    let mut study = fixture::study();
    study["study"]["versions"][0]["studyDesigns"][0]["arms"][0]["description"] = json!(person);
    let bytes = serde_json::to_vec(&study).unwrap();
    let said = house.upload("study-designer", "/trials/studies/import", "x.json", &bytes).await;
    assert_eq!(said.status, 422);
    assert!(
        said.text().contains("data about a person") && !said.text().contains("943 476"),
        "the number is not repeated"
    );
    let table = format!("{SOA}b. {person}\n");
    let said = house.upload("study-designer", "/trials/studies/import", "x.csv", table.as_bytes()).await;
    assert_eq!(said.status, 422);
    let subjects = "USUBJID,VISIT,SYSBP\nA-1,X,120\nA-2,X,130\n";
    let said = house.upload("study-designer", "/trials/studies/import", "x.csv", subjects.as_bytes()).await;
    assert_eq!(said.status, 422);
    let note = [("op", "note"), ("id", "A3"), ("visit", "E1"), ("words", person)];
    assert_eq!(house.form("study-designer", &format!("{root}/schedule"), &note).await.status, 422);
    let arm = [("label", "River"), ("words", person), ("kind", "C174266"), ("version", "1")];
    assert_eq!(house.form("study-designer", &format!("{root}/design/arms/R1"), &arm).await.status, 422);
    let fields = [("title", person), ("identifier", "X-1")];
    assert_eq!(house.form("study-designer", "/trials/studies/new", &fields).await.status, 422);
    let plain = [("label", "River"), ("words", "Water from a river"), ("kind", "C174266"), ("version", "1")];
    house.form("study-designer", &format!("{root}/design/arms/R1"), &plain).await.is(303);
}

#[tokio::test]
async fn ten_thousand_activities_are_shown_in_parts_and_nothing_breaks() {
    let house = House::new().await;
    let mut study = fixture::study();
    let design = &mut study["study"]["versions"][0]["studyDesigns"][0];
    let model = design["activities"][0].clone();
    let many = (0..10_000).map(|at| {
        let mut one = model.clone();
        one["id"] = json!(format!("M{at}"));
        one["label"] = json!(format!("Activity number {at}"));
        one["previousId"] = Value::Null;
        one["nextId"] = Value::Null;
        one
    });
    let all: Vec<Value> = design["activities"].as_array().unwrap().iter().cloned().chain(many).collect();
    design["activities"] = all.into();
    let root = bring(&house, &study).await;
    let page = house.page("study-reviewer", &format!("{root}/schedule")).await.is(200).text();
    assert!(page.contains("Activities 1 to 200 of 10007"));
    for path in pages(&root) {
        house.page("study-reviewer", &path).await.is(200);
    }
}
