//! Documents: a note or a letter as a DocumentReference and the Binary that it points to.

use base64::Engine as _;
use model::Time;

use super::{Generated, Random, begin, days_ago, id};
use crate::fhir::json::object;
use crate::fhir::{FhirId, Type};

const NOTES: &[&str] = &[
    "Routine examination. No complaints. Soft tissues normal. BPE 111/121. Recall 12 months.",
    "Attended with sensitivity upper left. UL6 distal caries, restored with composite. Advice on diet given.",
    "Scale and polish. Interdental brushing shown. Gums less inflamed than at the last visit.",
    "Emergency: broken LR7 cusp. Temporary dressing placed, crown discussed, estimate to follow.",
    "Child examination. Fissure sealants on first molars. Fluoride varnish applied. Recall 6 months.",
];

const LETTERS: &[&str] = &["Referral letter", "Treatment plan", "Consent form", "Radiograph report"];

/// A Binary and the DocumentReference to it, in that order.
pub(super) fn document(random: &mut Random, now: Time, about: &FhirId, author: Option<&FhirId>) -> [Generated; 2] {
    let letter = random.one_in(3);
    let (title, media, bytes) = if letter {
        let title = random.word(LETTERS);
        (title, "application/pdf", pdf(&format!("{title} - synthetic, about nobody")))
    } else {
        let note = format!("SYNTHETIC TEST DATA\n\n{}\n", random.word(NOTES));
        ("Clinical note", "text/plain", note.into_bytes())
    };
    let made =
        format!("{}T{:02}:{:02}:00Z", days_ago(now, 1 + random.below(1500)), 8 + random.below(10), random.below(60));
    let (binary, reference) = (id(random), id(random));
    [
        Generated { of: Type::Binary, text: binary_text(&binary, media, about, &bytes), id: binary.clone() },
        Generated {
            of: Type::DocumentReference,
            text: object(|document| {
                begin(document, Type::DocumentReference, &reference);
                document.text("status", "current");
                document.object("type", |code| code.text("text", title));
                document.object("subject", |subject| subject.text("reference", &format!("Patient/{about}")));
                document.text("date", &made);
                if let Some(author) = author {
                    document.list("author", |list| {
                        list.object(|one| one.text("reference", &format!("Practitioner/{author}")));
                    });
                }
                document.list("content", |list| {
                    list.object(|content| {
                        content.object("attachment", |attachment| {
                            attachment.text("contentType", media);
                            attachment.text("url", &format!("Binary/{binary}"));
                            attachment.raw("size", &bytes.len().to_string());
                            attachment.text("title", title);
                            attachment.text("creation", &made);
                        });
                    });
                });
            }),
            id: reference,
        },
    ]
}

fn binary_text(id: &FhirId, media: &str, about: &FhirId, bytes: &[u8]) -> String {
    object(|binary| {
        begin(binary, Type::Binary, id);
        binary.text("contentType", media);
        binary.object("securityContext", |context| context.text("reference", &format!("Patient/{about}")));
        binary.text("data", &base64::engine::general_purpose::STANDARD.encode(bytes));
    })
}

/// A PDF of one page with one line (ISO 32000-1). `line` is ASCII without brackets or backslashes.
fn pdf(line: &str) -> Vec<u8> {
    let stream = format!("BT /F1 16 Tf 60 760 Td ({line}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = "%PDF-1.4\n".to_owned();
    let mut places = String::new();
    for (number, object) in (1..).zip(&objects) {
        places.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let table = out.len();
    out.push_str(&format!(
        "xref\n0 6\n0000000000 65535 f \n{places}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"
    ));
    out.into_bytes()
}
