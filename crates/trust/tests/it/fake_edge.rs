//! What stands before the made-up house's door: limits, a firewall, and what it says to pages of other websites.

use crate::fake::{Broken, Fake, header, status};
use trust::house::{Call, Reply};

impl Fake {
    /// What never reaches the door.
    pub fn edge(&self, call: &Call) -> Option<Reply> {
        if header(call, "content-encoding").is_some() && self.broken != Broken::UnpacksBodies {
            return Some(status(415));
        }
        let foreign = call.method == "POST" && !call.path.starts_with("/fhir") && header(call, "origin").is_some();
        if foreign && self.broken != Broken::TakesForeignForms {
            return Some(Reply { status: 403, body: "Another website asked for this.".into(), ..Reply::default() });
        }
        (call.method == "OPTIONS").then(|| status(405))
    }

    /// What it allows pages of other websites, if it is broken.
    pub fn open_up(&self, call: &Call, reply: &mut Reply) {
        let Some(origin) = header(call, "origin") else { return };
        if self.broken == Broken::RepeatsOrigins {
            reply.headers.push(("access-control-allow-origin".into(), origin.clone()));
        }
        if self.broken == Broken::GrantsPreflights && call.method == "OPTIONS" {
            reply.headers.push(("access-control-allow-origin".into(), "*".into()));
        }
    }
}
