use std::collections::BTreeSet;

use access::Ctx;
use model::{Answer, Kind, KindDecl, RequestId, SubjectId, Time};
use seal::password::Verifier;
use vault::{Opened, Query};

use crate::kinds::{AccessRequest, Account, ProposalState, Session};
use crate::rights::MINUTES_MAX;
use crate::{Identity, roles};

/// The role of those who build the house.
const DEVELOPER: &str = "house.developer";

/// Counts over every account and session of the house, for the trust page. No names, no ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Figures {
    /// Organisations, the house's own included.
    pub organisations: u64,
    /// Accounts in all of them, without those that are counted in `accounts_not_begun`.
    pub accounts: u64,
    /// Of these, accounts with an enrolled second factor.
    pub accounts_with_second_factor: u64,
    /// Accounts of people who were let in through signing up, have no factor and have never had a session since: they
    /// reach nothing but the enrolment of a factor.
    pub accounts_not_begun: u64,
    /// Sessions that are not over.
    pub sessions: u64,
    /// Of these, sessions that began with two factors.
    pub sessions_with_second_factor: u64,
    /// Sessions still stored more than 24 hours after their end.
    pub sessions_overdue: u64,
    /// Password verifiers.
    pub verifiers: u64,
    /// Of these, Argon2id at least as strong as the policy.
    pub verifiers_at_policy: u64,
    /// Different salts among the verifiers.
    pub distinct_salts: u64,
    /// Accounts with the developer's role.
    pub developers: u64,
    /// Of these, accounts that hold another role too.
    pub developers_with_rights: u64,
    /// Times that somebody took a right in an emergency.
    pub emergencies: u64,
    /// Of these, longer than the longest allowed.
    pub emergencies_long: u64,
    /// Of these, looked at by nobody else within a day.
    pub emergencies_overdue: u64,
    /// Changes done that take two people.
    pub two_people_done: u64,
    /// Of these, done by their proposer outside an emergency.
    pub two_people_done_by_one: u64,
}

impl Identity {
    /// Counts everything anew, organisation by organisation.
    pub async fn figures(&self, request: RequestId, now: Time) -> Answer<Figures> {
        let mut figures = Figures::default();
        let mut salts = BTreeSet::new();
        for tenant in self.vault.tenants().await? {
            figures.organisations += 1;
            let duty = self.duty(roles::COUNT, tenant, request, now);
            let coming = self.coming(&duty).await?;
            for opened in self.every(&duty, Account::DECL).await? {
                let account: Account = opened.record()?;
                match account.factors.is_empty() && coming.contains(&SubjectId::of_record(opened.id)) {
                    true => figures.accounts_not_begun += 1,
                    false => {
                        figures.accounts += 1;
                        figures.accounts_with_second_factor += u64::from(!account.factors.is_empty());
                    }
                }
                let developer = account.roles.iter().any(|held| held.role == DEVELOPER);
                figures.developers += u64::from(developer);
                figures.developers_with_rights += u64::from(developer && account.roles.len() > 1);
                for text in account.verifier.iter().chain(&account.former) {
                    figures.verifiers += 1;
                    salts.extend(text.split('$').nth(4).map(str::to_owned));
                    let current = Verifier::parse(text).is_ok_and(|verifier| !self.hasher.is_old(&verifier));
                    figures.verifiers_at_policy += u64::from(current);
                }
            }
            for opened in self.every(&duty, Session::DECL).await? {
                let session: Session = opened.record()?;
                let over = session.is_over(now);
                figures.sessions += u64::from(!over);
                figures.sessions_with_second_factor += u64::from(!over && session.factors.len() >= 2);
                figures.sessions_overdue += u64::from(session.over_from().plus_seconds(24 * 60 * 60) <= now);
            }
            self.count_two_people(&duty, &mut figures).await?;
        }
        figures.distinct_salts = salts.len() as u64;
        Ok(figures)
    }

    /// Whoever was let in through signing up and has no session. Until they have come, no factor can be expected.
    async fn coming(&self, duty: &Ctx) -> Answer<BTreeSet<SubjectId>> {
        let mut coming = BTreeSet::new();
        for opened in self.every(duty, AccessRequest::DECL).await? {
            let request: AccessRequest = opened.record()?;
            coming.extend(request.decision.is_some().then_some(request.person));
        }
        for opened in self.every(duty, Session::DECL).await? {
            coming.remove(&opened.record::<Session>()?.account);
        }
        Ok(coming)
    }

    async fn count_two_people(&self, duty: &Ctx, figures: &mut Figures) -> Answer<()> {
        for (_, emergency) in self.emergencies(duty).await? {
            figures.emergencies += 1;
            let minutes = emergency.until.seconds_since(emergency.from) / 60;
            figures.emergencies_long += u64::from(minutes > MINUTES_MAX);
            let by_another = emergency.review.as_ref().is_none_or(|review| review.by != emergency.by);
            figures.emergencies_overdue += u64::from(emergency.is_overdue(duty.now) || !by_another);
        }
        for (_, proposal) in self.proposals(duty).await? {
            let (done, by_one) = match &proposal.state {
                ProposalState::Done { by, .. } => (true, *by == proposal.by),
                ProposalState::DoneAlone { .. } => (true, false),
                _ => (false, false),
            };
            figures.two_people_done += u64::from(done);
            figures.two_people_done_by_one += u64::from(by_one);
        }
        Ok(())
    }

    pub(crate) async fn every(&self, duty: &Ctx, kind: &'static KindDecl) -> Answer<Vec<Opened>> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let found = self.vault.search(duty, &Query { limit: 50, after, ..Query::all(kind) }).await?;
            all.extend(found.page);
            match found.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }
}
