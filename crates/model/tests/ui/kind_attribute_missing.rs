use model::Kind;

#[derive(serde::Serialize, serde::Deserialize, Kind)]
struct Thing {
    #[field(sensitivity = Internal)]
    name: String,
}

fn main() {}
