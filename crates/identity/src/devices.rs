//! Browsers from which somebody signed in before: known again, they need not wait for what others do at the door.

use access::Ctx;
use model::{Answer, Kind, SubjectId, Time};
use vault::{Change, Changes, Expected, Opened};

use crate::kinds::Device;
use crate::sign_in::Caller;
use crate::{Identity, credential};

/// How long a browser is known without signing in, in seconds: 180 days.
const DEVICE_SECONDS: i64 = 180 * 24 * 60 * 60;
/// Renewed when so many seconds of that have passed: a day.
const RENEW_SECONDS: i64 = 24 * 60 * 60;
/// Browsers known for one account; the oldest make room.
const DEVICES_MAX: usize = 20;

/// What a sign-in does to the browsers that are known.
pub(crate) struct Remembered {
    pub changes: Changes,
    /// What the browser is to be known by from now on, if it was not known.
    pub token: Option<String>,
    /// Whether others were known and this one was not.
    pub is_news: bool,
}

impl Identity {
    /// The caller's browser, if this account signed in from it before.
    pub(crate) async fn known_device(
        &self,
        door: &Ctx,
        account: SubjectId,
        caller: &Caller,
    ) -> Answer<Option<(Opened, Device)>> {
        let Some(presented) = credential::read(&caller.device).filter(|it| it.tenant == door.tenant) else {
            return Ok(None);
        };
        let Some(opened) = self.vault.recognise(door, Device::DECL, presented.record).await? else { return Ok(None) };
        let device: Device = opened.record()?;
        let is_known = device.account == account && door.now < device.ends;
        Ok(is_known.then_some((opened, device)))
    }

    /// Adds to a sign-in's changes that this browser is known from now on.
    pub(crate) async fn remember_device(
        &self,
        door: &Ctx,
        account: SubjectId,
        caller: &Caller,
        changes: Changes,
    ) -> Answer<Remembered> {
        let fresh =
            Device { account, since: door.now, wrong: 0, wrong_at: None, ends: door.now.plus_seconds(DEVICE_SECONDS) };
        if let Some((opened, device)) = self.known_device(door, account, caller).await? {
            let is_due = device.wrong > 0 || device.ends.plus_seconds(RENEW_SECONDS) < fresh.ends;
            let renewed = Device { since: device.since, ..fresh };
            let changes = match is_due {
                true => changes.revise(opened.id, &renewed, Expected::Version(opened.version))?,
                false => changes,
            };
            return Ok(Remembered { changes, token: None, is_news: false });
        }
        let mut others: Vec<(Opened, Time)> = Vec::new();
        for opened in self.vault.recognise_by(door, Device::DECL, "account", &account.to_string()).await? {
            let ends = opened.record::<Device>()?.ends;
            others.push((opened, ends));
        }
        others.sort_by_key(|(_, ends)| *ends);
        let surplus = (others.len() + 1).saturating_sub(DEVICES_MAX);
        let leave = |(opened, _): &(Opened, Time)| Change::Retire(Device::DECL, opened.id, Expected::Any);
        let changes = others.iter().take(surplus).map(leave).fold(changes, Changes::and);
        let issued = credential::issue(door.tenant, self.vault.outside().as_ref());
        let changes = changes.create(issued.record, &fresh)?;
        Ok(Remembered { changes, token: Some(issued.text), is_news: !others.is_empty() })
    }
}
