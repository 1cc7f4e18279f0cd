//! Made-up requests of a practice and of a study: odd to a firewall, ordinary to a clinic.

use shield::{Inspector, Request};

/// A small generator of repeatable choices.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 16) as usize % bound
    }

    pub fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }
}

/// An owned request.
pub struct Made {
    pub method: &'static str,
    pub uri: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Made {
    pub fn inspect(&self, inspector: &Inspector) -> shield::Verdict {
        let headers: Vec<(&[u8], &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let mut request = Request::new(self.method.as_bytes(), self.uri.as_bytes());
        request.headers = &headers;
        request.body = &self.body;
        inspector.inspect(&request)
    }
}

const FAMILY: &[&str] = &[
    "O'Brien",
    "Null",
    "D'Angelo",
    "Test",
    "O'Neill-Drop",
    "Van der Select",
    "Müller",
    "Ó Súilleabháin",
    "N'Golo",
    "Smith",
    "L'Étoile",
    "Ng",
    "True",
    "False",
    "Or",
    "And",
    "Like",
    "Union",
    "Table",
    "Script",
    "Di Stéfano",
    "Szczęsny",
    "Æbelø",
    "李",
    "Κωνσταντίνου",
    "Нгуен",
    "al-Ḥasan",
    "D`Souza",
    "McDonald--Jones",
    "St. John",
    "O’Connor",
    "Åkesson",
    "Cat",
    "Root",
    "Group",
];
const GIVEN: &[&str] = &[
    "Anna",
    "Seán",
    "Zoë",
    "Jean-Luc",
    "María José",
    "Ay\u{15f}e",
    "Bobby",
    "Alter",
    "Björk",
    "Ls",
    "Echo",
    "Exec",
    "Eve (Evie)",
];
const STREET: &[&str] = &[
    "12 Storgatan; 2nd floor",
    "Flat 3/2, 1-1 Union Street",
    "c/o O'Hara & Sons",
    "#5 - 100 King's Rd",
    "Union Select Plaza 4",
    "Calle 8 No. 5-13",
    "Rue de l'Église 7 bis",
    "P.O. Box 1=1",
    "5 1/2 Elm St., Apt. #2 -- rear entrance",
    "Block A/B, House 00",
];
const NOTES: &[&str] = &[
    "Select ACE inhibitor from the formulary; drop dose if K+ > 5.5 and review in 2 weeks.",
    "Pain scale: 0 = none, 1 = no relief ... or 1 = no relief, sleep(8h) good, appetite ok",
    "Pt. states 'no pain' or 3 = mild on the scale; \"it's fine\" -- wants to wait.",
    "BP 120/80; HR < 60 and > 40; RR = 16; SpO2 >= 95% on RA; T <37.5",
    "Union of the fracture; select a plate from tray 3; insert into the canal; drop in pressure noted.",
    "Update the plan; delete from the chart the old allergy; create a table of doses for the family.",
    "Or 1 or 2 tablets when required; and 1 = one tablet, 2 = two tablets.",
    "Tooth 36 MOD; #14 -- caries; cat allergy; dig toxicity excluded; ping-pong injury; sleep 5 h; type 2 diabetes",
    "Rx: ibuprofen 400 mg; 1-0-1; max. 3/d; if pain > 7 then call; else rest; exec function normal.",
    "Patient (alert (4), orientated x3) -- GCS 15; eval (annual) due; confirm (2 signatures) before discharge.",
    "System (respiratory): clear. Include (if known) the date. Require (by law) consent. Print (2 copies).",
    "Mother said: \"he can't eat; he won't drink\" and 'he doesn't sleep'; weight down 2 % = 1 kg.",
    "Script given for amoxicillin; alert: penicillin allergy! onset = 2 days ago, on click of the jaw = pain",
    "Location: left knee\nContent: clear fluid\nCC: chest pain\nHost factors: none\nTo: cardiology\nFrom: GP",
    "Ratio 1:1=1; A/B=0.5; 5*5 mm lesion; {2x3 cm}; [see image]; ${price} not covered; cost $(12)",
    "<5 mm pocket depth and > 2 mm recession; a<b and c>d; x <y> z; <<urgent>> && <<today>>",
    "Pupils equal & reactive; grade II/VI murmur | radiates; R&D; P&T; q.d.; b.i.d.; | see below |",
    "Diagnosis code F32.1; Z71.9; I10 -- \"essential\"; 'rule out' MI; order by 5 pm; group by age; having 2 drinks/day",
    "Null findings. None of the above is true. False negative = 2, true positive = 5; not null; is null and void.",
    "Take 2 tabs @ 08:00, 2 tabs @ 20:00 (= 4/day) or 1 tab = half dose; limit 8/24 h; where needed, wait for delay 'til eve",
    "Exec. summary: pt's wife's mother's allergy = nuts; wants 50% off; 100% compliance; 5% dextrose + 20 mEq KCl",
    "Procedure: (1) select site; (2) drop 1% lidocaine; (3) insert needle; (4) update record; (5) delete duplicates",
    "Choose (select one from each row) and (select all that apply); then drop table height to 70 cm; alter table tilt 10%",
    "https://www.example.org/leaflet?id=7&lang=en explains; see http://hl7.org/fhir and ftp://files.example.org/pub/a.pdf",
    "e-mail: anna.o'brien+test@example.org; cc: dr.null@example.org (see thread)",
    "If fever then paracetamol else nothing; while awake; for 3 days; return if worse; break in skin; function limited",
    "Perl-like teeth; python bite (pet); bash injury to head; ruby spots; curl of hair; wget? no; host: mother; touch sensitive",
    "CABG x3 (LAD/OM/RCA) '04; s/p TKR (L) '11 -- s/p THR (R) '15; pt's BMI=31; HbA1c=7.1% (54 mmol/mol)",
    "Exposure: ~/10 cigarettes; ../.. drops; w/o; n/a; N/A; c/o; h/o; r/o; and/or; +/-; ++/--; (+)(-)(+); (*) (**) *)(*",
    "Child's height < 3rd centile || weight < 1st; growth hormone = ?; refer; e.g. 'Turner'; # of visits = 3 # note",
    "Order: CBC, BMP; then: if WBC > 11 and CRP > 50 or PCT > 0.5 => start abx; case when fever then culture, else wait",
    "Doc says \"select\" is a brand; 'drop' foot; \"table\" top exercises; 'union' nurse; `quoted` word; \\ backslash \\n not newline",
    "1 and 1 is 2 -- patient can count; 7 - 7 - 7 serial sevens ok; '1' or '2' fingers seen; a or b = same",
    "Rate 72/min; rhythm reg.; /etc. documented; cat. scan; id. confirmed; who. criteria; ls spine; ps good; df 2; wc 3; nc; vi nerve",
    "<b>Bold</b> note pasted from <i>Word</i>, &amp; entities &lt;3, 5&nbsp;mg, font=\"Arial\"",
    "X-ray: clear\nCT: normal\nLocation: ward 3\nSet 1 10 12 15\nset 2 8 10 12",
    "Reviewed document. Location left; window. Open the airway; bone process. Exit wound; per os. Remove sutures; nervous system. Diagnostics: MRI",
    "GCS: alert (15); confirm (name); prompt (2 h); print (this); => alert doctor; => document in chart; alert(4); eval (annual);",
    "PD-L1 status: expression (TPS >= 50%); Expression (HER2) low; behaviour: url of video; class. Module 3; this [see image] top [left]",
    "Select tooth (FDI notation); Select 'Yes' from the menu; (select 2) (select top 3) (select 2 from the list); Delete from chart",
    "Dr Raj script: amoxicillin; costs $5/visit, $10; rest & sleep 8; dog & cat; name | id | date | type; diet; sleep 8 h | sleep 7",
    "platelet count (/mm3) 250; sum (/3 meals); knee (L) (& R); (*) (p=0.03) (**) (HR = 60); (R) (L = 3); ?new (onset) ?eval (ortho)",
    "BPE 3*/2*/4* and 3*/2*/1* ; +/?/? ; #a = closed; (#14=crown); - call (mother); - register (new pt); return this week; return 1/52; while (1 wk)",
    "appetite good, sleep (8), mood (7) and sleep (8); pain 3 and sleep(8), 5 > 3; grade 1 or 2 = 3; echo ('TTE'); extract (\"36\");",
    "\"ok\"; return in 2 wk; 'fine'; sleep good; he said \"stop\" -- then left; 5' #2; the pain 'worse' is > 5 mm; passport; id",
    "Dear {{name}}, your dose {{dose}} of system (x) is {{unit}}; pressure < portal vein; node -ve; //; ditto //; L and R.",
    "MSH|^~\\&|LAB|HOSP|EHR|CLINIC|20240101||ORU^R01|1|P|2.5\rPID|1||123||O'BRIEN^SEAN||19700101|M\rOBX|1|ST|ID|| > 5 | mg/dL",
    "union was a great select; JavaScript: Basics of JavaScript Language; D'or 1st parfume; nc 8000 controller; bash away in the gym",
    "C# or C++; the 'A' -- B; \"Q\" #3; 1/2 -- 3/4 --; a -- b #; 10% off -- today; ok ;-- ; (a) or (b) = (c)",
    "T: 37.2°C — “curly” quotes, ‘single’, … ellipsis; 3–4 wk; ½ tab; ≥ 90 %; μg; naïve; Δ = 2; → refer",
];
const SHORTHAND: &[&str] = &[
    "16 MOD comp; 17 DO amal; 18 -- missing; 46 #; 47 RCT(3c) = ok",
    "BPE 2/1/2 | 3*/2/-; OH fair; S&P; FS 36,46",
    "E(DO) D(O); 55-65; /6 caries; 6/ ok; |4 x; 8| pe",
    "UL6 MO 'comp'; LR7 O; UR1-UL1 bridge; LL8 '' '' ext'd",
    "<2mm PD; >4mm @ 36d; BOP+; mob.=I; furc=II; Px: OHI; 3/12 rv",
    "(+) percussion (-) cold (*) swelling; #11 || #21 fx; [RCT]; {PFM}; x/o",
];
const SEARCHES: &[&str] = &[
    "name=O%27Brien",
    "family=Null&given=True",
    "_id=1&_include=Observation:subject&_sort=-date,status",
    "code=http%3A%2F%2Floinc.org%7C8480-6&value-quantity=gt140",
    "date=ge2024-01-01&date=lt2025-01-01",
    "q=select+one+or+more+%26+drop",
    "name:contains=d%27Ang&_count=50&_summary=true",
    "identifier=urn:oid:1.2.3.4%7C12345&active=true",
    "_filter=name+eq+%22O%27Neill%22+and+birthdate+gt+1970",
    "text=cat+allergy+or+dog+allergy",
    "note=1+%3D+no+relief",
    "return=%2Fpractice%2Fpatients%3Fpage%3D2",
    "redirect_uri=https%3A%2F%2Fapp.example.org%2Fcallback&scope=patient%2F*.read+openid&state=aZ09-_~.",
    "term=5%25+dextrose+%2B+KCl",
    "phone=%2B46+18+123+45+67",
    "q=C%2B%2B+or+C%23",
    "code=I10,F32.1,Z71.9&status=active,completed",
    "near=59.85%7C17.63%7C10%7Ckm",
    "search=%C3%93+S%C3%BAilleabh%C3%A1in",
    "q=%27",
    "q=it%27s+%22fine%22+--+thanks",
];

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

pub fn note(dice: &mut Dice) -> String {
    let count = 1 + dice.below(4);
    let mut parts: Vec<String> = Vec::new();
    for _ in 0..count {
        let text = if dice.below(5) == 0 { dice.pick(SHORTHAND) } else { dice.pick(NOTES) };
        // Pieces of sentences in new company are what people write.
        let pieces: Vec<&str> = text.split("; ").collect();
        parts.push(if dice.below(3) == 0 { pieces[dice.below(pieces.len())].to_owned() } else { text.to_owned() });
    }
    parts.join(dice.pick(&[" ", "\n", "; ", " - ", "\r\n\r\n", " / "]))
}

fn base64(dice: &mut Dice, bytes: usize) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out: String = (0..bytes / 3 * 4).map(|_| char::from(DIGITS[dice.below(64)])).collect();
    out.insert_str(0, dice.pick(&["JVBERi0xLjQK", "/9j/4AAQSkZJRg", "iVBORw0KGgo", "UEsDBBQABg", "SUkqAAgAAA", ""]));
    out.push_str(dice.pick(&["", "=", "=="]));
    out
}

fn narrative(dice: &mut Dice) -> String {
    let text = note(dice).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<div xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><h1>Summary</h1><p class=\"note\" style=\"color: #333; width: 10%\"><b>{}</b><br/>{text}</p>\
         <table border=\"1\"><tr><td>Dose</td><td>{} mg</td></tr></table><ul><li>a</li></ul><a href=\"https://example.org/x?y=1&amp;z=2\" name=\"s1\">more</a><img src=\"#photo\" alt=\"x\"/></div>",
        dice.pick(FAMILY),
        dice.below(500)
    )
}

fn resource(dice: &mut Dice, id: usize) -> String {
    let kind = dice.pick(&[
        "Patient",
        "Observation",
        "Condition",
        "Procedure",
        "MedicationRequest",
        "DocumentReference",
        "QuestionnaireResponse",
    ]);
    let (family, given, street) = (json(dice.pick(FAMILY)), json(dice.pick(GIVEN)), json(dice.pick(STREET)));
    let (div, text) = (json(&narrative(dice)), json(&note(dice)));
    let data = if kind == "DocumentReference" {
        let size = 200 + dice.below(6000);
        format!(
            ",\"content\":[{{\"attachment\":{{\"contentType\":\"application/pdf\",\"data\":\"{}\",\"url\":\"http://localhost:8080/fhir/Binary/1\"}}}}]",
            base64(dice, size)
        )
    } else {
        String::new()
    };
    format!(
        "{{\"resourceType\":\"{kind}\",\"id\":\"r{id}\",\"meta\":{{\"profile\":[\"http://hl7.org/fhir/StructureDefinition/{kind}\"],\"versionId\":\"{}\"}},\
         \"text\":{{\"status\":\"generated\",\"div\":{div}}},\"identifier\":[{{\"system\":\"urn:oid:1.2.752.129\",\"value\":\"19121212-{:04}\"}}],\
         \"name\":[{{\"family\":{family},\"given\":[{given}]}}],\"address\":[{{\"line\":[{street}],\"postalCode\":\"{}\"}}],\
         \"code\":{{\"coding\":[{{\"system\":\"http://snomed.info/sct\",\"code\":\"{}\",\"display\":\"Caries (disorder) <O/E> & 'other'\"}}]}},\
         \"note\":[{{\"text\":{text}}}],\"valueQuantity\":{{\"value\":{}.{},\"comparator\":\"<=\",\"unit\":\"mmol/L\"}},\"active\":true,\"deceased\":null{data}}}",
        dice.below(9),
        dice.below(10_000),
        dice.below(99_999),
        dice.below(1_000_000_000),
        dice.below(300),
        dice.below(99)
    )
}

fn fhir(dice: &mut Dice) -> String {
    match dice.below(3) {
        0 => {
            let entries: Vec<String> = (0..1 + dice.below(4))
                .map(|id| format!("{{\"fullUrl\":\"urn:uuid:0000-{id}\",\"resource\":{},\"request\":{{\"method\":\"POST\",\"url\":\"Patient?identifier=a|b\"}}}}", resource(dice, id)))
                .collect();
            format!("{{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[{}]}}", entries.join(","))
        }
        _ => resource(dice, 1),
    }
}

fn odm(dice: &mut Dice) -> String {
    let text = note(dice).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- export -->\n<ODM xmlns=\"http://www.cdisc.org/ns/odm/v1.3\" FileType=\"Snapshot\" FileOID=\"F.{}\">\n<Study OID=\"S.1\"><GlobalVariables><StudyName>{}</StudyName></GlobalVariables>\
         <MetaDataVersion OID=\"v1\" Name=\"{}\"><ItemDef OID=\"IT.PAIN\" Name=\"Pain\" DataType=\"integer\" Length=\"2\"><Question><TranslatedText xml:lang=\"en\">{text}</TranslatedText></Question>\
         <RangeCheck Comparator=\"GE\" SoftHard=\"Soft\"><CheckValue>0</CheckValue><FormalExpression Context=\"SAS\">if AGE &gt; 18 and SEX = 'F' then OK = 1; else OK = 0;</FormalExpression></RangeCheck></ItemDef>\
         <MethodDef OID=\"M.1\" Name=\"BMI\" Type=\"Computation\"><Description><TranslatedText>BMI = WT / (HT/100)**2</TranslatedText></Description></MethodDef></MetaDataVersion></Study>\
         <ClinicalData StudyOID=\"S.1\"><SubjectData SubjectKey=\"{}\"><ItemData ItemOID=\"IT.PAIN\" Value=\"{text}\"/></SubjectData></ClinicalData></ODM>",
        dice.below(999),
        dice.pick(&["Trial \"A\" vs 'B'", "Drop-out study", "Select-2"]).replace('"', "&quot;"),
        dice.pick(&["v1 -- draft", "v2; final", "1=1"]),
        dice.below(9999)
    )
}

fn usdm(dice: &mut Dice) -> String {
    format!(
        "{{\"study\":{{\"id\":\"St_{}\",\"instanceType\":\"Study\",\"versions\":[{{\"rationale\":{},\"titles\":[{{\"text\":{}}}],\"studyDesigns\":[{{\"arms\":[{{\"name\":\"Arm A/B\",\"description\":{}}}],\
         \"eligibilityCriteria\":[{{\"text\":\"<p>Age &gt;= 18 and <usdm:tag name=\\\"min_age\\\"/> <usdm:ref klass=\\\"Range\\\" id=\\\"R_1\\\" attribute=\\\"minValue\\\"></usdm:ref></p>\",\"dictionaryId\":\"D{}\"}}],\
         \"conditions\":[{{\"text\":\"if [weight] < 50 or [weight] > 120 then exclude\"}}],\"parameterMaps\":[{{\"tag\":\"{{{{dose}}}}\",\"reference\":\"${{dose}}\"}}]}}]}}]}}}}",
        dice.below(9999),
        json(&note(dice)),
        json(dice.pick(NOTES)),
        json(&note(dice)),
        dice.below(99)
    )
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~*".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else if byte == b' ' {
                "+".to_owned()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn form(dice: &mut Dice) -> String {
    format!(
        "csrf={}&family={}&given={}&address={}&note={}&tooth={}&consent=on&redirect=%2Fpatients%2F{}%3Ftab%3Dnotes",
        base64(dice, 33).replace(['+', '/', '='], "-"),
        escaped(dice.pick(FAMILY)),
        escaped(dice.pick(GIVEN)),
        escaped(dice.pick(STREET)),
        escaped(&note(dice)),
        escaped(dice.pick(SHORTHAND)),
        dice.below(99)
    )
}

fn multipart(dice: &mut Dice) -> Vec<u8> {
    let file = dice.pick(&[
        "x-ray (1).png",
        "O'Brien letter.pdf",
        "scan_2024-01-01.v2.jpg",
        "Befund Müller & Söhne.docx",
        "notes;final.txt",
    ]);
    let mut body = format!(
        "--b0undary\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\n{}\r\n--b0undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream\r\n\r\n",
        note(dice)
    )
    .into_bytes();
    for _ in 0..dice.below(3000) {
        body.push((dice.next() >> 24) as u8);
    }
    body.extend_from_slice(b"\r\n--b0undary--\r\n");
    body
}

const AGENTS: &[&str] = &[
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
    "HAPI-FHIR/6.8.0 (FHIR Client; FHIR 4.0.1/R4; apache)",
    "python-requests/2.31.0",
    "curl/8.4.0",
    "PostmanRuntime/7.36.0",
    "okhttp/4.12.0",
];

pub fn headers(dice: &mut Dice, content_type: Option<&'static str>, length: usize) -> Vec<(&'static str, String)> {
    let mut list = vec![
        ("Host", dice.pick(&["clinic.example", "localhost:8443", "10.0.0.5"]).to_owned()),
        ("User-Agent", dice.pick(AGENTS).to_owned()),
        (
            "Accept",
            dice.pick(&[
                "application/fhir+json;q=0.9, */*;q=0.1",
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "*/*",
            ])
            .to_owned(),
        ),
        ("Accept-Language", "sv-SE,sv;q=0.9,en;q=0.8".to_owned()),
        (
            "Cookie",
            format!(
                "session={}; theme=\"dark\"; _ga=GA1.2.{}.17{}",
                base64(dice, 24),
                dice.below(99_999),
                dice.below(99_999_999)
            ),
        ),
        ("Referer", "https://clinic.example/practice/patients?name=O%27Brien&tab=notes#x".to_owned()),
        ("If-None-Match", "W/\"3\"".to_owned()),
        ("Authorization", format!("Bearer eyJhbGciOiJFUzI1NiJ9.{}.{}", base64(dice, 60), base64(dice, 48))),
        ("X-Request-Id", format!("{:x}", dice.next())),
    ];
    if let Some(content_type) = content_type {
        list.push(("Content-Type", content_type.to_owned()));
        list.push(("Content-Length", length.to_string()));
    }
    list
}

/// One ordinary request.
pub fn request(dice: &mut Dice) -> Made {
    let post = |dice: &mut Dice, uri: &str, content_type: &'static str, body: Vec<u8>| {
        let headers = headers(dice, Some(content_type), body.len());
        Made { method: "POST", uri: uri.to_owned(), headers, body }
    };
    match dice.below(10) {
        0..=2 => {
            let body = fhir(dice).into_bytes();
            let content_type =
                ["application/fhir+json", "application/json; charset=utf-8", "application/fhir+json;fhirVersion=4.0"]
                    [dice.below(3)];
            post(dice, "/fhir/r4/Patient", content_type, body)
        }
        3 => {
            let body = odm(dice).into_bytes();
            post(dice, "/trials/studies/1/import", "application/xml", body)
        }
        4 => {
            let body = usdm(dice).into_bytes();
            post(dice, "/trials/studies", "application/json", body)
        }
        5 | 6 => {
            let body = form(dice).into_bytes();
            post(dice, "/practice/patients/7/notes", "application/x-www-form-urlencoded", body)
        }
        7 => {
            let body = multipart(dice);
            post(dice, "/practice/documents", "multipart/form-data; boundary=b0undary", body)
        }
        8 => {
            let body = format!(
                "[{{\"op\":\"replace\",\"path\":\"/name/0/family\",\"value\":{}}},{{\"op\":\"test\",\"path\":\"/a~1b\",\"value\":null}}]",
                json(dice.pick(FAMILY))
            );
            let mut made = post(dice, "/fhir/r4/Patient/1", "application/json-patch+json", body.into_bytes());
            made.method = "PATCH";
            made
        }
        _ => {
            let uri = format!(
                "/{}?{}&{}",
                dice.pick(&[
                    "fhir/r4/Patient",
                    "practice/search",
                    "oauth/authorize",
                    "trials/list",
                    "fhir/r4/Patient/$everything"
                ]),
                dice.pick(SEARCHES),
                dice.pick(SEARCHES)
            );
            Made { method: "GET", uri, headers: headers(dice, None, 0), body: Vec::new() }
        }
    }
}

/// The note field of an ordinary record, followed or replaced by an attack.
pub fn record_with(dice: &mut Dice, attack: &str, beside: bool) -> Made {
    let text = if beside { format!("{} {attack}", note(dice)) } else { attack.to_owned() };
    let body = format!(
        "{{\"resourceType\":\"Observation\",\"text\":{{\"div\":{}}},\"subject\":{{\"reference\":\"Patient/1\"}},\"note\":[{{\"text\":{}}}]}}",
        json(&narrative(dice)),
        json(&text)
    )
    .into_bytes();
    let headers = headers(dice, Some("application/fhir+json"), body.len());
    Made { method: "POST", uri: "/fhir/r4/Observation".to_owned(), headers, body }
}

/// A search for an attack.
pub fn search_with(dice: &mut Dice, attack: &str) -> Made {
    Made {
        method: "GET",
        uri: format!("/practice/search?q={}&page=2", escaped(attack)),
        headers: headers(dice, None, 0),
        body: Vec::new(),
    }
}

/// A form with an attack in a field.
pub fn form_with(dice: &mut Dice, attack: &str) -> Made {
    let body = format!("family=Smith&note={}&consent=on", escaped(attack)).into_bytes();
    let headers = headers(dice, Some("application/x-www-form-urlencoded"), body.len());
    Made { method: "POST", uri: "/practice/patients/7/notes".to_owned(), headers, body }
}
