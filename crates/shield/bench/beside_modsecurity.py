#!/usr/bin/env python3
"""CPU per inspected request: shield beside libmodsecurity, same rules, same requests, one run.

Needs Debian's libmodsecurity3 and modsecurity-crs, and a release build of the example:
    cargo build --release -p shield --example shield
    crates/shield/bench/beside_modsecurity.py target/release/examples/shield

Both run in one process each, in blocking mode at paranoia level 1. CPU time is what counts (user and system), so a
busy machine changes little. libmodsecurity is driven through its C interface with a few calls a request, whose cost
counts as its own; it is some microseconds beside hundreds. The repetitions alternate between the two.
"""
import base64, ctypes, ctypes.util, glob, json, os, resource, subprocess, sys, tempfile

RULES = os.environ.get("CRS_RULES", "/usr/share/modsecurity-crs/rules")
SETUP = "/etc/modsecurity/crs/crs-setup.conf"
REPEATS = 5

HEADERS = [["Host", "clinic.example"],
           ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"],
           ["Accept", "text/html,application/json;q=0.9"], ["Accept-Language", "en-GB,en;q=0.8"],
           ["Accept-Encoding", "gzip, deflate"], ["Connection", "keep-alive"],
           ["Cookie", "session=Zm9vYmFyYmF6cXV4MTIzNDU2; theme=light"]]


def requests():
    patient = lambda i: {"resource": {
        "resourceType": "Patient", "id": f"p{i}", "active": True, "gender": "female", "birthDate": f"1974-0{i + 1}-25",
        "name": [{"family": "Lindqvist", "given": ["Anna", "Maria"]}],
        "address": [{"line": ["12 Storgatan"], "city": "Uppsala", "postalCode": "75320"}],
        "telecom": [{"system": "phone", "value": f"+46 18 123 45 {i}"}],
        "note": "Mild pain after extraction, advised rest and ibuprofen 400 mg three times a day."}}
    body = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [patient(i) for i in range(5)]}).encode()
    typed = HEADERS + [["Content-Type", "application/json"], ["Content-Length", str(len(body))]]
    return [{"test": "GET, 3 arguments", "method": "GET", "uri": "/practice/patients?name=lindqvist&from=2024-01-01&page=2",
             "headers": HEADERS, "body_base64": ""},
            {"test": "POST, 2 KB of JSON", "method": "POST", "uri": "/practice/patients", "headers": typed,
             "body_base64": base64.b64encode(body).decode()}]


class Intervention(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("pause", ctypes.c_int), ("url", ctypes.c_char_p), ("log", ctypes.c_char_p),
                ("disruptive", ctypes.c_int)]


class ModSecurity:
    def __init__(self):
        self.lib = lib = ctypes.CDLL("libmodsecurity.so.3")
        for name in ("msc_init", "msc_create_rules_set", "msc_new_transaction"):
            getattr(lib, name).restype = ctypes.c_void_p
        self.engine = ctypes.c_void_p(lib.msc_init())
        self.rules = ctypes.c_void_p(lib.msc_create_rules_set())
        with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
            file.write('SecRuleEngine On\nSecRequestBodyAccess On\nSecRequestBodyLimit 13107200\nSecAuditEngine Off\n'
                       'SecRule REQUEST_HEADERS:Content-Type "^application/json" '
                       '"id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"\n')
        for path in [file.name, SETUP] + sorted(glob.glob(RULES + "/*.conf")):
            error = ctypes.c_char_p()
            if lib.msc_rules_add_file(self.rules, path.encode(), ctypes.byref(error)) < 0:
                sys.exit(f"{path}: {error.value}")
        os.unlink(file.name)

    def run(self, case, rounds):
        lib, body = self.lib, base64.b64decode(case["body_base64"])
        headers = [(name.encode(), value.encode()) for name, value in case["headers"]]
        uri, method, blocked = case["uri"].encode(), case["method"].encode(), 0
        before = resource.getrusage(resource.RUSAGE_SELF)
        for _ in range(rounds):
            transaction = ctypes.c_void_p(lib.msc_new_transaction(self.engine, self.rules, None))
            lib.msc_process_connection(transaction, b"192.0.2.7", 40000, b"192.0.2.1", 443)
            lib.msc_process_uri(transaction, uri, method, b"1.1")
            for name, value in headers:
                lib.msc_add_request_header(transaction, name, value)
            lib.msc_process_request_headers(transaction)
            if body:
                lib.msc_append_request_body(transaction, body, ctypes.c_size_t(len(body)))
            lib.msc_process_request_body(transaction)
            verdict = Intervention(200, 0, None, None, 0)
            blocked += lib.msc_intervention(transaction, ctypes.byref(verdict)) != 0
            lib.msc_transaction_cleanup(transaction)
        after = resource.getrusage(resource.RUSAGE_SELF)
        assert blocked == 0, "an ordinary request was blocked"
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / rounds * 1e6


def child(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "(0 of" in out, "an ordinary request was blocked"
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def shield(binary, case, rules, rounds):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([case], file)
        file.flush()
        command = [binary, "time", "--cases", file.name] + (["--rules", RULES] if rules else []) + ["--rounds"]
        # The difference of two runs leaves out what loading the rules costs.
        return (child(command + [str(rounds + 1)]) - child(command + ["1"])) / rounds * 1e6


def main():
    binary, modsecurity = sys.argv[1], ModSecurity()
    for case in requests():
        few = 300 if case["method"] == "GET" else 40
        rows = []
        for _ in range(REPEATS):
            rows.append((modsecurity.run(case, few), shield(binary, case, True, few * 20), shield(binary, case, False, few * 20)))
        middle = [sorted(column)[REPEATS // 2] for column in zip(*rows)]
        print(f"{case['test']}: libmodsecurity {middle[0]:.0f} us, shield {middle[1]:.1f} us (1/{middle[0] / middle[1]:.0f}), "
              f"shield with its own rules {middle[2]:.1f} us")


main()
