use askama::Template;
use web::parts::{Tag, Tone};
use web::{Reply, Room, Width, page};

use super::frame;

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterPage {
    entries: Vec<Entry>,
}

/// One function in which a model could take part.
struct Entry {
    name: &'static str,
    state: Tag,
    facts: [(&'static str, &'static str); 7],
}

/// The register of AI functions: what there is, how it is judged, and what is off.
pub(super) async fn show(room: Room) -> Reply {
    page(frame(&room, "AI register").width(Width::Page), RegisterPage { entries: vec![reading(), drafting()] })
}

fn reading() -> Entry {
    Entry {
        name: "Reading what an activity collects",
        state: Tag::new(Tone::Good, "No model"),
        facts: [
            (
                "Function",
                "Finds the form or test that an activity asks for: by the code that the protocol names, by terminology, by fixed tables of words.",
            ),
            (
                "Role",
                "None. It is a rule, written down and the same every time; no model is asked and nothing is learnt from your studies.",
            ),
            (
                "Risk class",
                "Not an AI system in the sense of Art. 3(1) of Regulation (EU) 2024/1689: it infers nothing beyond rules that people wrote.",
            ),
            (
                "Oversight",
                "Every reading by words is shown with its rung and waits for a person; what nobody knows blocks release.",
            ),
            ("Data", "The protocol, inside this house."),
            ("Accuracy", "Shown for each study on its mapping page, activity by activity. There is no general figure."),
            ("Review", "With every change of the tables, in the project's change log."),
        ],
    }
}

fn drafting() -> Entry {
    Entry {
        name: "Drafting from protocol text",
        state: Tag::new(Tone::Plain, "Off: not configured"),
        facts: [
            (
                "Function",
                "Would propose parts of a study from text, with the place in the text that each comes from. It is off in this house: no page and no command here sends anything to a model.",
            ),
            (
                "Role",
                "The organisation that configures an endpoint would be the deployer (Art. 3(4)); the supplier of the model, its provider.",
            ),
            (
                "Risk class",
                "Judged as minimal risk if switched on: it drafts documents for experts, decides about nobody, and is in none of the areas of Annex III. To be assessed again for the model that is chosen.",
            ),
            (
                "Oversight",
                "Each draft would be a proposal that a named person accepts or rejects with a reason. Final artefacts are always made by the generator, without a model.",
            ),
            ("Data", "Protocol text only. Data about participants is refused on every way in."),
            (
                "Accuracy",
                "Not measured here, because it is off. It is to be measured on the organisation's own studies before use.",
            ),
            ("Review", "Before it is switched on, and then every six months."),
        ],
    }
}
