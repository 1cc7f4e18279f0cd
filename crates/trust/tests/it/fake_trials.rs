//! The trial designer of the made-up house: a form and a file, and whether a patient's number gets in.

use crate::fake::{Asked, Broken, Fake, Inner, page, status};
use trust::house::Reply;

impl Fake {
    pub fn trials(&self, inner: &mut Inner, asked: &Asked<'_>) -> Reply {
        if self.by_session(inner, asked).is_none() {
            let mut reply = status(303);
            reply.headers.push(("location".into(), "/sign-in?next=/".into()));
            return reply;
        }
        if asked.call.method == "GET" {
            return page(r#"<form><input type="hidden" name="form-token" value="t"></form>"#);
        }
        let body = String::from_utf8_lossy(&asked.call.body);
        let digits: String = body.chars().filter(char::is_ascii_digit).collect();
        let seen = digits.contains("9434765919") || body.replace("%20", " ").replace('+', " ").contains("943 476 5919");
        let is_file = asked.path == "/trials/studies/import";
        let looks = match self.broken {
            Broken::TakesPatientsInForms => is_file,
            Broken::TakesPatientsInFiles => !is_file,
            _ => true,
        };
        if seen && looks {
            return status(422);
        }
        let mut reply = status(303);
        reply.headers.push(("location".into(), "/trials/studies/01890a5d-ac96-774b-bcce-b302099a8057".into()));
        reply
    }
}
