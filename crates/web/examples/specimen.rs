//! Every part of the design on a few pages, to be looked at: `cargo run -p web --example specimen -- 8443`.
//! A self-signed certificate, invented people, no state.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "an example with a clock of its own, for looking at"
)]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use access::{Actor, Assurance, Ctx};
use askama::Template;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use model::{Answer, Outside, Purpose, Refusal, RefusalKind, TenantId, Time};
use web::parts::*;
use web::*;

struct Machine;

impl Outside for Machine {
    fn now(&self) -> Time {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
        Time::from_micros(i64::try_from(since.as_micros()).expect("before the year 294247"))
    }

    fn fill(&self, bytes: &mut [u8]) {
        aws_lc_rs::rand::fill(bytes).expect("the generator works");
    }
}

/// Lets in whoever has been to `/enter`.
struct Porter;

impl Doorkeeper for Porter {
    fn recognise<'a>(&'a self, knock: &'a Knock) -> BoxFuture<'a, Answer<Option<Guest>>> {
        let ctx = Ctx {
            tenant: TenantId::from_bytes([1; 16]),
            actor: Actor::Duty("duty.specimen"),
            grants: Arc::default(),
            assurance: Assurance::Key,
            purpose: Purpose::Administration,
            session: None,
            request: knock.request,
            now: knock.now,
        };
        let account =
            Account { name: "Dr Mensah".into(), role: "dentist".into(), href: Some("/account"), places: Vec::new() };
        async { Ok(Some(Guest { ctx, account: Some(account) })) }.boxed()
    }

    fn permits(&self, _: &Ctx, _: &'static str) -> bool {
        false
    }

    fn denied<'a>(&'a self, _: &'a Knock, _: &'a RouteDecl, _: Option<&'a Ctx>) -> BoxFuture<'a, Answer<Refusal>> {
        async { Ok(not_signed_in()) }.boxed()
    }

    fn refused<'a>(&'a self, _: &'a Ctx) -> BoxFuture<'a, Answer<()>> {
        async { Ok(()) }.boxed()
    }
}

const TRUST: [NavItem; 5] = [
    NavItem { words: "Promises", href: "/trust" },
    NavItem { words: "Sub-processors", href: "/sub-processors" },
    NavItem { words: "Documents", href: "/documents" },
    NavItem { words: "Questions", href: "/questions" },
    NavItem { words: "Report a concern", href: "/concern" },
];

const PRACTICE: [NavItem; 5] = [
    NavItem { words: "Day", href: "/day" },
    NavItem { words: "Patients", href: "/patient" },
    NavItem { words: "Recalls", href: "/recalls" },
    NavItem { words: "Form", href: "/form" },
    NavItem { words: "Trust", href: "/trust" },
];

#[derive(Template)]
#[template(path = "specimen/trust.html")]
struct Trust {
    figures: Figures,
    proportion: Proportion,
    check: Facts,
    download: ButtonLink,
    verify: ButtonLink,
    first: Vec<Line>,
    second: Vec<Line>,
}

async fn trust(room: Room) -> Reply {
    use Verdict::*;
    let strip = |last: Verdict, from: usize| {
        let mut history = vec![Proved; from];
        history.push(last);
        Strip::new(&history, format!("{from} checks proved, the last one {}", last.words()))
    };
    let line = |words: &str, detail: &str, verdict, from| {
        Line::new(words, detail, Some("/promise".into()), &strip(verdict, from), verdict)
    };
    let body = Trust {
        figures: Figures::new(&[(84, "proved"), (31, "attested"), (9, "attributed"), (1, "stale"), (0, "failed")]),
        proportion: Proportion::new(&[(Proved, 84), (Attested, 31), (Attributed, 9), (Stale, 1), (Failed, 0)]),
        check: Facts::new(vec![
            ("Log size", Cell::text("184,203 entries")),
            ("Root", Cell::part(&Hash::new("b7f091ce44aa0d1e5f0d2c7713aa00b1c2d3e4f5061728394a5b6c7d8e9f9c2b"))),
            ("Signed", Cell::text("2 minutes ago, seen by 2 witnesses")),
        ]),
        download: ButtonLink::primary("Download evidence", "/trust/bundle"),
        verify: ButtonLink::quiet("How to verify it", "/trust/how"),
        first: vec![
            line(
                "Every person signs in with a second factor.",
                "212 of 212 accounts, 38 of 38 open sessions · checked 3 minutes ago",
                Proved,
                41,
            ),
            line(
                "Another organisation cannot read, list, search or export your records.",
                "1,946 attempts on 163 routes and 41 kinds, all refused · checked 4 minutes ago",
                Proved,
                41,
            ),
            line(
                "Access is reviewed by your own administrators every quarter.",
                "Signed by A. Okafor, 14 October 2026 · next due 14 January 2027",
                Attested,
                30,
            ),
            line(
                "The building is guarded day and night.",
                "Promised by Example Hosting Ltd, ISO 27001 certificate of 3 March 2026",
                Attributed,
                12,
            ),
        ],
        second: vec![
            line(
                "A replica in a second allowed place is never more than 5 seconds behind.",
                "Last measured 1.2 s · checked 26 hours ago, so this no longer counts as proved",
                Stale,
                36,
            ),
            line(
                "Erased people stay erased, also after a restore.",
                "Canary erased and restored: 2 readable bytes in 1 of 5 stores · checked 6 minutes ago",
                Failed,
                41,
            ),
            line("Logs are kept for a year.", "No run has reported yet", EvidenceMissing, 0),
            line("A regulator's request is answered in time.", "A person has to say so", JudgementRequired, 4),
            line("Radiographs are kept on film.", "Waived by the practice on 1 May 2026: no film is made", Waived, 9),
            line("Cards are handled under PCI DSS.", "No cards are taken here", NotApplicable, 9),
        ],
    };
    page(room.frame("Every promise here is a running check").nav(&TRUST).home("/trust").width(Width::Page), body)
}

#[derive(Template)]
#[template(path = "specimen/patient.html")]
struct Patient {
    table: Table,
    empty: Empty,
    entries: Entries,
    tags: Vec<Tag>,
    pages: Pages,
    notice: Notice,
    progress: Progress,
}

async fn patient(room: Room) -> Reply {
    let row = |name: &str, born: &str, visits: &str, tag: Tag| {
        Row(vec![Cell::link(name, "/patient"), Cell::text(born), Cell::part(&tag), Cell::text(visits)])
    };
    let columns = vec![Column::text("Name"), Column::short("Born"), Column::text("State"), Column::number("Visits")];
    let body = Patient {
        table: Table::new(
            "Patients seen this week",
            columns,
            vec![
                row("OKONKWO, Adaeze (Ms)", "04-Mar-1988 (38y)", "14", Tag::new(Tone::Good, "Completed")),
                row(
                    "FEATHERSTONEHAUGH-CHOLMONDELEY, Bartholomew Alexander",
                    "29-Feb-1948 (78y)",
                    "1,204",
                    Tag::new(Tone::Info, "Planned"),
                ),
                row("LI, Wei (Mr)", "11-Nov-2019 (7y)", "3", Tag::new(Tone::Accent, "Existing")),
            ],
            Empty::new("Nobody", ""),
        ),
        empty: Empty {
            heading: "No documents yet".into(),
            words: "Letters, consents and radiographs will be listed here, the newest first.".into(),
            action: Some(ButtonLink::quiet("Add a document", "/documents")),
        },
        entries: Entries {
            entries: [
                (
                    "12 Nov 2026",
                    "Examination, BPE 2 1 2 / 2 2 1. Fractured filling 36, crown advised.",
                    "Signed by Dr Mensah 14:32, locked",
                ),
                ("12 Nov 2026", "Bitewing radiographs, left and right", "2 images, version 1"),
                ("02 May 2026", "Composite 24 MO completed", "Signed by Dr Mensah"),
            ]
            .map(|(when, words, detail)| Entry {
                when: when.into(),
                words: words.into(),
                detail: detail.into(),
                href: None,
            })
            .into(),
        },
        tags: vec![
            Tag::new(Tone::Accent, "Existing"),
            Tag::new(Tone::Info, "Planned"),
            Tag::new(Tone::Good, "Completed"),
        ],
        pages: Pages { words: "51 to 100 of 312 patients".into(), before: Some("/a".into()), after: Some("/b".into()) },
        progress: Progress {
            words: "Importing: 1,204 of 3,100 records, about 2 minutes left. You can leave this page.".into(),
            done: 1204,
            of: 3100,
        },
        notice: Notice::new(
            Tone::Good,
            "The note is signed.",
            "It is locked now; add an amendment if something changes.",
        ),
    };
    let banner = PatientBanner {
        name: "OKONKWO, Adaeze (Ms)".into(),
        born: "04-Mar-1988 (38y)".into(),
        nhs_number: Some("999 012 3457".into()),
        facts: vec![("Last seen", "12-Nov-2026".into())],
        alerts: vec!["Penicillin allergy".into(), "Warfarin".into()],
    };
    let pairs = ["Summary", "Chart", "Notes", "Plans", "Documents", "Who has looked"];
    let hrefs: Vec<(&str, String)> = pairs.iter().map(|words| (*words, format!("/patient/{words}"))).collect();
    let frame = room.frame("OKONKWO, Adaeze").nav(&PRACTICE).home("/day").patient(banner);
    page(frame.tabs(Tabs::new("Patient", &hrefs, "/patient/Chart")), body)
}

#[derive(Template)]
#[template(path = "specimen/form.html")]
struct FormPage {
    summary: ErrorSummary,
    token: FormToken,
    name: Field,
    email: Field,
    code: Field,
    born: DateField,
    sex: Choices,
    alerts: Choices,
    place: Select,
    note: Area,
    save: Button,
    erase: Button,
}

struct NewPatient;

impl FromForm for NewPatient {
    fn from_form(read: &mut Reader<'_>) -> Option<Self> {
        let name = read.required("family", "Enter the family name", |text| Ok(text.to_owned()));
        let email = read.optional("email", |text| match text.contains('@') {
            true => Ok(text.to_owned()),
            false => Err("Enter an e-mail address like name@example.org".to_owned()),
        });
        let born = read.date("born", "Enter the date of birth");
        (name.is_some() && email.is_some() && born.is_some()).then_some(Self)
    }
}

fn form_page(room: &Room, form: &Returned, status: axum::http::StatusCode) -> Reply {
    let body = FormPage {
        summary: ErrorSummary::of(form),
        token: room.form_token(),
        name: Field::new("family", "Family name", Kind::Text, form),
        email: Field::new("email", "E-mail address", Kind::Email, form).hint("For appointment letters only."),
        code: Field::new("code", "Code from your authenticator", Kind::OneTimeCode, form).chars(6),
        born: DateField::new("born", "Date of birth", form),
        sex: Choices::new(
            "contact",
            "How may we write?",
            Pick::One,
            vec![Choice::new("letter", "Letter"), Choice::new("email", "E-mail").hint("Encrypted where possible.")],
            form,
        ),
        alerts: Choices::new(
            "alerts",
            "Alerts",
            Pick::Any,
            vec![Choice::new("penicillin", "Penicillin allergy"), Choice::new("warfarin", "Takes warfarin")],
            form,
        ),
        place: Select::new(
            "place",
            "Practice",
            vec![Choice::new("b", "Brightwater, High Street"), Choice::new("h", "Brightwater, Harbour")],
            form,
        ),
        note: Area::new("note", "Note for the first visit", 4, form),
        save: Button::primary("Add the patient"),
        erase: Button::quiet("Keep as a draft").sends("act", "draft"),
    };
    page(room.frame("New patient").nav(&PRACTICE).width(Width::Reading).status(status), body)
}

async fn form(room: Room) -> Reply {
    form_page(&room, &Returned::blank(), axum::http::StatusCode::OK)
}

async fn form_bad(room: Room) -> Reply {
    let refusal = Refusal::new(RefusalKind::Invalid, "")
        .at("family", "Enter the family name")
        .at("born", "This is not a date. Enter day, month and year in numbers, such as 4 3 1988.");
    let fields =
        Fields::of(&[("email", "a@example.org"), ("born-day", "31"), ("born-month", "2"), ("born-year", "1988")]);
    form_page(&room, &Returned::refused(fields, &refusal), axum::http::StatusCode::UNPROCESSABLE_ENTITY)
}

async fn form_sent(room: Room, Form(sent): Form<NewPatient>) -> Reply {
    match sent {
        Ok(_) => Ok(see_other(&Next::own("/patient"))),
        Err(returned) => form_page(&room, &returned, axum::http::StatusCode::UNPROCESSABLE_ENTITY),
    }
}

async fn enter() -> Reply {
    let mut response = see_other(&Next::own("/patient"));
    set_session(response.headers_mut(), "specimen");
    Ok(response)
}

async fn broken() -> Reply {
    Err(model::Fault::new("showing a fault", "a cause that is never shown").into())
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(8443);
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).expect("a certificate");
    let site = Site::pages()
        .get("/trust", Needs::Public, "The promises.", trust)
        .get("/patient", Needs::Public, "A patient.", patient)
        .get("/form", Needs::Public, "A form.", form)
        .get("/form-bad", Needs::Public, "A form that came back.", form_bad)
        .post("/form", Needs::Public, "Takes the form.", form_sent)
        .get("/broken", Needs::Public, "A fault.", broken)
        .get("/enter", Needs::Public, "Signs in.", enter)
        .get("/closed", Needs::Session, "Needs somebody.", trust);
    let mut options = Options::new(Arc::new(Machine), [7; 32]);
    options.synthetic = true;
    let router = site.into_router(Arc::new(Porter), options).expect("right declarations");
    let listen = Listen {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        certificate_pem: made.cert.pem().into_bytes(),
        key_pem: made.signing_key.serialize_pem().into_bytes(),
        limits: Limits::default(),
    };
    let running = serve(listen, router).await.expect("a free port");
    println!("https://localhost:{}/trust  /patient  /form  /form-bad  /broken  /nothing", running.address.port());
    std::future::pending::<()>().await;
}
