use model::{RecordId, Time};
use serde_json::{Value, json};

/// A kind in its third shape, with every sort of field.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, model::Kind)]
#[kind(
    name = "identity.account",
    version = 3,
    words = "A person who may sign in.",
    subject = itself,
    purpose = Security,
    retention = Account,
    history = EveryVersion,
    read = "account.read",
    create = "account.create",
    revise = "account.update",
    retire = "account.retire",
    upgrade(2 = born_was_a_year, 1 = names_were_two)
)]
pub struct Account {
    #[field(sensitivity = Identifying, search = Exact, unique)]
    pub email: String,
    #[field(sensitivity = Identifying, search = Words)]
    pub name: String,
    #[field(sensitivity = Identifying, search = Bucket(Day))]
    pub born: String,
    #[field(sensitivity = Internal, search = Ordered)]
    pub opened: Time,
    #[field(sensitivity = Identifying, search = Exact, refers = "practice.practitioner")]
    pub practitioner: Option<RecordId>,
    #[field(sensitivity = Internal, search = Exact)]
    pub roles: Vec<String>,
    #[field(sensitivity = Secret)]
    pub verifier: String,
}

fn names_were_two(mut old: Value) -> Result<Value, &'static str> {
    let account = old.as_object_mut().ok_or("an account is an object")?;
    let (Some(Value::String(given)), Some(Value::String(family))) = (account.remove("given"), account.remove("family"))
    else {
        return Err("an account of shape 1 has a given and a family name");
    };
    account.insert("name".into(), json!(format!("{given} {family}")));
    Ok(old)
}

fn born_was_a_year(mut old: Value) -> Result<Value, &'static str> {
    let account = old.as_object_mut().ok_or("an account is an object")?;
    let year = account.remove("birth_year").and_then(|year| year.as_u64()).ok_or("a birth year is a number")?;
    account.insert("born".into(), json!(year.to_string()));
    account.insert("roles".into(), json!([]));
    Ok(old)
}

/// Somebody's record, about another, that ends by itself.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, model::Kind)]
#[kind(
    name = "identity.invitation",
    version = 1,
    words = "A way in that is open for a while.",
    subject = field(r#for),
    purpose = Security,
    retention = Session,
    history = Ephemeral,
    read = "invitation.read",
    create = "invitation.create",
    revise = "invitation.update",
    retire = "invitation.retire"
)]
pub struct Invitation {
    #[field(sensitivity = Identifying)]
    pub r#for: RecordId,
    #[field(sensitivity = Internal, ends)]
    pub expires: Time,
    #[field(sensitivity = Public, search = Ordered)]
    pub uses_left: u32,
}

pub fn account() -> Account {
    Account {
        email: "ada@example.org".into(),
        name: "Ada Byron".into(),
        born: "1815-12-10".into(),
        opened: Time::from_seconds(1_763_758_774),
        practitioner: Some(RecordId::from_bytes([7; 16])),
        roles: vec!["dentist".into(), "owner".into()],
        verifier: "not to be seen".into(),
    }
}

pub fn invitation() -> Invitation {
    Invitation { r#for: RecordId::from_bytes([9; 16]), expires: Time::from_seconds(60), uses_left: 1 }
}
