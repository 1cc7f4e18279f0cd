//! Random sequences of acts by people with different roles, against a model as plain as possible.

use std::collections::{BTreeMap, BTreeSet};

use model::{Answer, Kind, No, RefusalKind};
use proptest::prelude::*;
use vault::{Change, Changes, Clause, Expected, Needle, Past, Query};

use crate::house::{House, id, note, patient, person};
use crate::kinds::{ALL_OF_IT, CLERK, Note, Patient, SCRIBE, STRANGER, WATCHER};

const ROLES: [(&str, &[&str]); 5] =
    [("all", ALL_OF_IT), ("clerk", CLERK), ("watcher", WATCHER), ("scribe", SCRIBE), ("stranger", STRANGER)];

#[derive(Debug, Clone, Copy)]
enum Act {
    CreatePatient { n: u8, number: u8 },
    CreateTwo { n: u8, m: u8, number: u8 },
    RevisePatient { n: u8, number: u8, expected: Option<u8> },
    RetirePatient { n: u8 },
    CreateNote { n: u8, about: u8 },
    ReviseNote { n: u8, about: u8 },
    RetireNote { n: u8 },
    Erase { n: u8 },
    ReadPatient { n: u8 },
    ReadNote { n: u8 },
    ReadVersion { n: u8, version: u8 },
    History { n: u8 },
    FindNumber { number: u8 },
    ListNotes,
}

fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
    let (n, number, note) = (1..5u8, 0..4u8, 20..24u8);
    let act = prop_oneof![
        3 => (n.clone(), number.clone()).prop_map(|(n, number)| Act::CreatePatient { n, number }),
        1 => (n.clone(), n.clone(), number.clone()).prop_map(|(n, m, number)| Act::CreateTwo { n, m, number }),
        3 => (n.clone(), number.clone(), prop::option::of(1..4u8))
            .prop_map(|(n, number, expected)| Act::RevisePatient { n, number, expected }),
        1 => n.clone().prop_map(|n| Act::RetirePatient { n }),
        3 => (note.clone(), n.clone()).prop_map(|(n, about)| Act::CreateNote { n, about }),
        2 => (note.clone(), n.clone()).prop_map(|(n, about)| Act::ReviseNote { n, about }),
        1 => note.clone().prop_map(|n| Act::RetireNote { n }),
        1 => n.clone().prop_map(|n| Act::Erase { n }),
        2 => n.clone().prop_map(|n| Act::ReadPatient { n }),
        2 => note.prop_map(|n| Act::ReadNote { n }),
        2 => (n.clone(), 1..4u8).prop_map(|(n, version)| Act::ReadVersion { n, version }),
        1 => n.prop_map(|n| Act::History { n }),
        1 => number.prop_map(|number| Act::FindNumber { number }),
        1 => Just(Act::ListNotes),
    ];
    // Most acts by somebody who may, else little would ever be stored.
    let who = prop_oneof![6 => Just(0usize), 1 => Just(1), 1 => Just(2), 1 => Just(3), 1 => Just(4)];
    prop::collection::vec((who, act), 1..60)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    Live,
    Retired,
    Erased,
}

/// What the model knows of a record: its bodies in order, oldest first.
#[derive(Debug, Clone)]
struct Known {
    condition: Condition,
    about: u8,
    bodies: Vec<String>,
    number: Option<u8>,
}

#[derive(Debug, Default)]
struct Plain {
    records: BTreeMap<(&'static str, u8), Known>,
    erased: BTreeSet<u8>,
    entries: usize,
    changes: usize,
}

/// What somebody is told: something shown in words, or why not.
type Told = Result<String, RefusalKind>;

impl Plain {
    fn holds(&self, number: u8, except: u8) -> bool {
        let has = |(key, known): (&(&str, u8), &Known)| {
            known.condition == Condition::Live && known.number == Some(number) && key.1 != except
        };
        self.records.iter().any(has)
    }

    fn create(&mut self, kind: &'static str, n: u8, about: u8, body: String, number: Option<u8>) -> Told {
        if self.erased.contains(&about) {
            return Err(RefusalKind::Gone);
        }
        if self.records.contains_key(&(kind, n)) || number.is_some_and(|number| self.holds(number, n)) {
            return Err(RefusalKind::Conflict);
        }
        let known = Known { condition: Condition::Live, about, bodies: vec![body], number };
        self.records.insert((kind, n), known);
        Ok("1".into())
    }

    fn live(&self, kind: &'static str, n: u8) -> Result<&Known, RefusalKind> {
        match self.records.get(&(kind, n)) {
            None => Err(RefusalKind::NotFound),
            Some(known) if known.condition != Condition::Live => Err(RefusalKind::Gone),
            Some(known) => Ok(known),
        }
    }

    fn revise(
        &mut self,
        kind: &'static str,
        n: u8,
        about: u8,
        body: String,
        number: Option<u8>,
        at: Option<u8>,
    ) -> Told {
        let known = self.live(kind, n)?.clone();
        if at.is_some_and(|at| usize::from(at) != known.bodies.len()) {
            return Err(RefusalKind::PreconditionFailed);
        }
        if known.about != about {
            return Err(RefusalKind::Invalid);
        }
        if number.is_some_and(|number| self.holds(number, n)) {
            return Err(RefusalKind::Conflict);
        }
        let known = self.records.get_mut(&(kind, n)).unwrap();
        known.bodies.push(body);
        known.number = number;
        Ok(known.bodies.len().to_string())
    }

    fn retire(&mut self, kind: &'static str, n: u8) -> Told {
        let versions = self.live(kind, n)?.bodies.len();
        self.records.get_mut(&(kind, n)).unwrap().condition = Condition::Retired;
        Ok((versions + 1).to_string())
    }

    fn erase(&mut self, n: u8) -> Told {
        if self.erased.contains(&n) || !self.records.values().any(|known| known.about == n) {
            return Err(RefusalKind::NotFound);
        }
        self.erased.insert(n);
        self.records
            .values_mut()
            .filter(|known| known.about == n)
            .for_each(|known| known.condition = Condition::Erased);
        Ok("0".into())
    }

    fn version(&self, n: u8, version: u8) -> Told {
        let known = self.records.get(&("patient", n)).ok_or(RefusalKind::NotFound)?;
        let present = known.bodies.len() + usize::from(known.condition == Condition::Retired);
        match known.condition {
            Condition::Erased => Err(RefusalKind::Gone),
            Condition::Retired if usize::from(version) == present => Err(RefusalKind::Gone),
            _ => known.bodies.get(usize::from(version) - 1).cloned().ok_or(RefusalKind::NotFound),
        }
    }

    fn history(&self, n: u8) -> Told {
        let known = self.records.get(&("patient", n)).ok_or(RefusalKind::NotFound)?;
        if known.condition == Condition::Erased {
            return Err(RefusalKind::Gone);
        }
        let mut told: Vec<String> = known.bodies.iter().rev().cloned().collect();
        if known.condition == Condition::Retired {
            told.insert(0, "retired".into());
        }
        Ok(told.join(","))
    }

    /// The model's answer: first who may, then what there is.
    fn act(&mut self, permissions: &[&str], act: Act) -> Told {
        let (needs, reads) = match act {
            Act::CreatePatient { .. } | Act::CreateTwo { .. } => ("patient.create", "patient.read"),
            Act::RevisePatient { .. } => ("patient.update", "patient.read"),
            Act::RetirePatient { .. } => ("patient.retire", "patient.read"),
            Act::CreateNote { .. } => ("note.create", "note.read"),
            Act::ReviseNote { .. } => ("note.update", "note.read"),
            Act::RetireNote { .. } => ("note.retire", "note.read"),
            Act::Erase { .. } => ("subject.erase", "subject.erase"),
            Act::ReadNote { .. } | Act::ListNotes => ("note.read", "note.read"),
            _ => ("patient.read", "patient.read"),
        };
        self.entries += 1;
        if !permissions.contains(&needs) {
            return Err(if permissions.contains(&reads) { RefusalKind::NotAllowed } else { RefusalKind::NotFound });
        }
        if let Act::CreateTwo { n, .. } = act
            && !self.erased.contains(&n)
            && !permissions.contains(&"note.create")
        {
            let may_know = permissions.contains(&"note.read");
            return Err(if may_know { RefusalKind::NotAllowed } else { RefusalKind::NotFound });
        }
        let told = self.allowed(act);
        let writes = !matches!(needs, "patient.read" | "note.read");
        if writes && told.is_ok() {
            self.changes += 1;
            if matches!(act, Act::CreateTwo { .. }) {
                self.entries += 1;
                self.changes += 1;
            }
        }
        told
    }

    fn allowed(&mut self, act: Act) -> Told {
        match act {
            Act::CreatePatient { n, number } => self.create("patient", n, n, body(n, number), Some(number)),
            Act::CreateTwo { n, m, number } => {
                let before = self.records.clone();
                let both = self
                    .create("patient", n, n, body(n, number), Some(number))
                    .and_then(|_| self.create("note", m + 19, m, text(m), None));
                if both.is_err() {
                    self.records = before;
                    // Persons are looked at while the batch is staged, records when it is committed.
                    let gone = self.erased.contains(&n) || self.erased.contains(&m);
                    return Err(if gone { RefusalKind::Gone } else { RefusalKind::Conflict });
                }
                both
            }
            Act::RevisePatient { n, number, expected } => {
                self.revise("patient", n, n, body(n, number), Some(number), expected)
            }
            Act::RetirePatient { n } => self.retire("patient", n),
            Act::CreateNote { n, about } => self.create("note", n, about, text(about), None),
            Act::ReviseNote { n, about } => self.revise("note", n, about, text(about), None, None),
            Act::RetireNote { n } => self.retire("note", n),
            Act::Erase { n } => self.erase(n),
            Act::ReadPatient { n } => self.live("patient", n).map(|known| known.bodies.last().unwrap().clone()),
            Act::ReadNote { n } => self.live("note", n).map(|known| known.bodies.last().unwrap().clone()),
            Act::ReadVersion { n, version } => self.version(n, version),
            Act::History { n } => self.history(n),
            Act::FindNumber { number } => Ok(self.listed("patient", Some(number))),
            Act::ListNotes => Ok(self.listed("note", None)),
        }
    }

    fn listed(&self, kind: &str, number: Option<u8>) -> String {
        let live = self.records.iter().filter(|((of, _), known)| *of == kind && known.condition == Condition::Live);
        let found = live.filter(|(_, known)| number.is_none() || known.number == number);
        found.map(|((_, n), _)| n.to_string()).collect::<Vec<_>>().join(",")
    }
}

fn record(n: u8, number: u8) -> Patient {
    Patient { number: format!("number-{number}"), ..patient(n) }
}

fn body(n: u8, number: u8) -> String {
    String::from_utf8(record(n, number).encode().unwrap()).unwrap()
}

fn text(about: u8) -> String {
    String::from_utf8(note(about, "Caries").encode().unwrap()).unwrap()
}

fn told<T>(answer: Answer<T>, words: impl FnOnce(T) -> String) -> Told {
    match answer {
        Ok(thing) => Ok(words(thing)),
        Err(No::Refusal(refusal)) => {
            assert!(refusal.recorded);
            Err(refusal.kind)
        }
        Err(No::Fault(fault)) => panic!("{fault}"),
    }
}

fn utf8(opened: vault::Opened) -> String {
    String::from_utf8(opened.body).unwrap()
}

async fn really(house: &House, role: &str, act: Act) -> Told {
    let ctx = house.ctx(role);
    let commit = async |changes| told(house.vault.commit(&ctx, changes).await, |it| it.written[0].version.to_string());
    let expected = |at: Option<u8>| at.map_or(Expected::Any, |at| Expected::Version(at.into()));
    let ids =
        |found: vault::Found| found.page.iter().map(|it| it.id.as_bytes()[0].to_string()).collect::<Vec<_>>().join(",");
    let new = Changes::new;
    match act {
        Act::CreatePatient { n, number } => commit(new().create(id(n), &record(n, number)).unwrap()).await,
        Act::CreateTwo { n, m, number } => {
            let both = new().create(id(n), &record(n, number)).unwrap();
            let both = both.create(id(m + 19), &note(m, "Caries")).unwrap();
            commit(both).await
        }
        Act::RevisePatient { n, number, expected: at } => {
            commit(new().revise(id(n), &record(n, number), expected(at)).unwrap()).await
        }
        Act::RetirePatient { n } => commit(new().and(Change::Retire(Patient::DECL, id(n), Expected::Any))).await,
        Act::CreateNote { n, about } => commit(new().create(id(n), &note(about, "Caries")).unwrap()).await,
        Act::ReviseNote { n, about } => {
            commit(new().revise(id(n), &note(about, "Caries"), Expected::Any).unwrap()).await
        }
        Act::RetireNote { n } => commit(new().and(Change::Retire(Note::DECL, id(n), Expected::Any))).await,
        Act::Erase { n } => commit(new().and(Change::Erase(person(n)))).await,
        Act::ReadPatient { n } => told(house.vault.read(&ctx, Patient::DECL, id(n)).await, utf8),
        Act::ReadNote { n } => told(house.vault.read(&ctx, Note::DECL, id(n)).await, utf8),
        Act::ReadVersion { n, version } => {
            told(house.vault.read_version(&ctx, Patient::DECL, id(n), version.into()).await, utf8)
        }
        Act::History { n } => {
            let one = |past| match past {
                Past::Version(opened) => utf8(opened),
                Past::Retired { .. } => "retired".into(),
            };
            let all = |past: Vec<Past>| past.into_iter().map(one).collect::<Vec<_>>().join(",");
            told(house.vault.history(&ctx, Patient::DECL, id(n)).await, all)
        }
        Act::FindNumber { number } => {
            let any = vec![Needle::Exact(format!("number-{number}"))];
            let clauses = vec![Clause { field: "number", any }];
            let query = Query { clauses, newest_first: false, ..Query::all(Patient::DECL) };
            told(house.vault.search(&ctx, &query).await, ids)
        }
        Act::ListNotes => {
            let query = Query { newest_first: false, ..Query::all(Note::DECL) };
            told(house.vault.search(&ctx, &query).await, ids)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_house_answers_as_the_plain_model_does(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let house = House::new().await;
            let mut plain = Plain::default();
            for (who, act) in acts {
                let (role, permissions) = ROLES[who];
                let expected = plain.act(permissions, act);
                let actual = really(&house, role, act).await;
                prop_assert_eq!(actual, expected, "{} {:?}", role, act);
                prop_assert_eq!(house.log_len().await, plain.entries, "entries after {} {:?}", role, act);
                let changes = house.engine.change_len(crate::house::TENANT).await.unwrap() as usize;
                prop_assert_eq!(changes, plain.changes, "changes after {} {:?}", role, act);
            }
            Ok(())
        })?;
    }
}
