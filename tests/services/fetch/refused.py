"""URLs that must not be asked, by the way in which they try. None may lead to a dial."""


def listed(text: str) -> list[str]:
    return text.split()


LOOPBACK = listed("""
http://127.0.0.1/ http://127.0.0.1:80/ http://127.0.0.1:8080/ https://127.0.0.1/ http://127.0.0.2/
http://127.1.2.3/ http://127.255.255.254/ http://127.255.255.255/ http://[::1]/ http://[::1]:8080/
https://[::1]/ http://[0:0:0:0:0:0:0:1]/ http://[0000:0000:0000:0000:0000:0000:0000:0001]/
http://localhost/ http://localhost:8080/ https://localhost/ http://LOCALHOST/ http://LocalHost/
http://localhost./ http://a.localhost/ http://a.b.localhost/ http://localhost.localdomain/
""")

THIS_HOST = listed("""
http://0.0.0.0/ http://0.0.0.0:8080/ http://0.1.2.3/ http://0.255.255.255/ http://0/ http://0x0/
http://00/ http://000.000.000.000/ http://[::]/ http://[::]:8080/ http://[0:0:0:0:0:0:0:0]/
""")

# Mostly 127.0.0.1 and 169.254.169.254, and some public ones, as nobody honest spells them.
ENCODED = listed("""
http://2130706433/ http://0x7f000001/ http://0X7F000001/ http://017700000001/ http://0177.0.0.1/
http://0x7f.0.0.1/ http://0x7f.1/ http://127.1/ http://127.0.1/ http://0177.1/ http://0x7f.0x1/
http://127.0.0.01/ http://127.0.0.001/ http://127.000.000.001/ http://127.0.0.0x1/
http://00000177.0.0.1/ http://0x0000007f.0.0.1/ http://0x7f.0.1/ http://0177.0x0.0.1/
http://4294967297/ http://2852039166/ http://0xa9fea9fe/ http://0xA9.0xFE.0xA9.0xFE/
http://0251.0376.0251.0376/ http://169.254.43518/ http://169.16689662/ http://425.510.425.510/
http://127.0.0.1./ http://127.0.0.1../ http://.127.0.0.1/ http://127..0.0.1/ http://127.0.0.1.1/
http://127.0.0/ http://256.0.0.1/ http://1270.0.0.1/ http://127.0.0.1%20/ http://127.0.0.1%00/
http://%31%32%37.0.0.1/ http://127%2e0%2e0%2e1/ http://127.0.0.1%2f/ http://127.0.0.%31/
http://１２７.0.0.1/ http://１２７．０．０．１/ http://127。0。0。1/ http://127．0．0．1/ http://127｡0｡0｡1/
http://①②⑦.⓪.⓪.①/ http://①②⑦.0.0.1/ http://１２７.1/ http://١٢٧.٠.٠.١/ http://१२७.०.०.१/
http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/ http://𝟷𝟸𝟽.0.0.1/ http://¹²⁷.0.0.1/ http://₁₂₇.0.0.1/ http://２１３０７０６４３３/
http://0ｘ7f.1/ http://ⅼocalhost/ http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/ http://ｌｏｃａｌｈｏｓｔ/ http://loc\xadalhost/
http://a.loc\xadalhost/ http://localhost。/ http://a。localhost/ http://a.ｌocalhost/
http://93.184.216.034/ http://93.184.55330/ http://0x5db8d822/ http://1572395042/
http://93.184.216.34./ http://+127.0.0.1/ http://-1/ http://1e3/ http://127,0,0,1/
http://127-0-0-1/ http://0b1111111.0.0.1/ http://0o177.0.0.1/ http://127.0.0.1\u200b/
http://127.0.0.1․/ http://12७.0.0.1/ http://pictures。example/ http://pictures.example./
http://pictures.example../ http://pictures．example/
""")

PRIVATE = listed("""
http://10.0.0.0/ http://10.0.0.1/ http://10.255.255.255/ http://172.16.0.0/ http://172.16.0.1/
http://172.20.10.1/ http://172.31.255.255/ http://192.168.0.0/ http://192.168.0.1/
http://192.168.1.1:8080/ http://192.168.255.255/ https://10.0.0.1/ http://100.64.0.0/
http://100.64.0.1/ http://100.100.1.1/ http://100.127.255.255/ http://169.254.0.0/
http://169.254.0.1/ http://169.254.255.255/ http://198.18.0.0/ http://198.18.0.1/
http://198.19.255.255/
""")

METADATA = listed("""
http://169.254.169.254/ http://169.254.169.254/latest/meta-data/iam/security-credentials/
http://169.254.169.254:80/computeMetadata/v1/ http://169.254.170.2/v2/credentials
http://169.254.170.23/v1/credentials http://169.254.169.123/ http://169.254.42.42/conf
http://169.254.169.249/ http://169.254.169.250/ http://169.254.0.23/ http://169.254.10.10/
http://168.63.129.16/ http://168.63.129.16:80/metadata http://100.100.100.200/latest/meta-data/
http://192.0.0.192/latest/ http://192.0.0.192/opc/v1/instance/ http://[fd00:ec2::254]/latest/
http://[fd00:ec2::23]/ http://[fd20:ce::254]/ http://[fd00:c1::a9fe:a9fe]/ http://[fd00:42::42]/
http://metadata.google.internal/ http://metadata.google.internal/computeMetadata/v1/
http://METADATA.google.internal/ http://metadata/ http://metadata.goog/ http://instance-data/
http://instance-data.ec2.internal/ http://metadata.azure.internal/ http://metadata.tencentyun.com/
http://metadata.packet.net/ http://metadata.platformequinix.com/ http://rancher-metadata/
""")

SPECIAL = listed("""
http://192.0.0.0/ http://192.0.0.1/ http://192.0.0.8/ http://192.0.0.9/ http://192.0.0.10/
http://192.0.0.170/ http://192.0.0.255/ http://192.0.2.1/ http://192.0.2.255/ http://192.31.196.1/
http://192.52.193.1/ http://192.88.99.1/ http://192.88.99.2/ http://192.175.48.1/
http://198.51.100.1/ http://203.0.113.1/ http://203.0.113.255/ http://224.0.0.1/ http://224.0.1.1/
http://233.252.0.1/ http://239.255.255.250/ http://239.255.255.255/ http://240.0.0.1/
http://250.1.2.3/ http://255.255.255.254/ http://255.255.255.255/
""")

IPV6 = listed("""
http://[fe80::1]/ http://[fe80::1%25eth0]/ http://[fe80::1%eth0]/ http://[febf::1]/
http://[fec0::1]/ http://[fc00::1]/ http://[fd00::1]/ http://[fdff:ffff::1]/ http://[ff00::1]/
http://[ff02::1]/ http://[ff05::2]/ http://[ff0e::1]/ http://[100::1]/ http://[100:0:0:1::1]/
http://[200::1]/ http://[400::1]/ http://[1000::1]/ http://[1fff:ffff::1]/ http://[4000::1]/
http://[5f00::1]/ http://[8000::1]/ http://[e000::1]/ http://[2001::1]/ http://[2001:1::1]/
http://[2001:2::1]/ http://[2001:3::1]/ http://[2001:4:112::1]/ http://[2001:10::1]/
http://[2001:1f:ffff::1]/ http://[2001:20::1]/ http://[2001:2f:ffff::1]/ http://[2001:30::1]/
http://[2001:db8::1]/ http://[2001:0DB8:0:0:0:0:0:1]/ http://[2001:1ff:ffff::1]/
http://[2620:4f:8000::1]/ http://[3ffe::1]/ http://[3fff::1]/ http://[3fff:fff::1]/
http://[2606:4700::1%25eth0]/ http://[2606:4700::1%1]/ http://[::2]/ http://[::ffff]/ http://::1/
http://fe80::1/ http://2606:4700::1/ http://[2606:4700:::1]/ http://[2606:4700::1/
http://2606:4700::1]/ http://[[2606:4700::1]]/ http://[]/ http://[:]/ http://[v1.a]/
http://[1.2.3.4]/ http://[93.184.216.34]/ http://[g::1]/ http://[::１]/ http://[12345::1]/
http://[1:2:3:4:5:6:7:8:9]/ http://[1:2:3]/ http://[::1]x/ http://x[::1]/ http://[::1]:80:80/
http://[pictures.example]/ http://[2606:4700::1]pictures.example/ http://[2606:4700::1].example/
""")

IPV4_INSIDE = listed("""
http://[::127.0.0.1]/ http://[::7f00:1]/ http://[::10.0.0.1]/ http://[::169.254.169.254]/
http://[::a9fe:a9fe]/ http://[::93.184.216.34]/ http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/
http://[::FFFF:7F00:0001]/ http://[0:0:0:0:0:ffff:7f00:1]/ http://[0:0:0:0:0:ffff:127.0.0.1]/
http://[::ffff:10.0.0.1]/ http://[::ffff:169.254.169.254]/ http://[::ffff:a9fe:a9fe]/
http://[::ffff:0.0.0.0]/ http://[::ffff:93.184.216.34]/ http://[::ffff:127.1]/
http://[::ffff:0x7f.0.0.1]/ http://[::ffff:127.0.0.01]/ http://[::ffff:0:127.0.0.1]/
http://[::ffff:0:7f00:1]/ http://[::ffff:0:a9fe:a9fe]/ http://[2002:7f00:1::]/
http://[2002:7f00:1::1]/ http://[2002:a00:1::]/ http://[2002:a9fe:a9fe::]/
http://[2002:5db8:d822::]/ http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/ http://[2001::7f00:1]/
http://[2001:0:7f00:1::]/ http://[fe80::5efe:127.0.0.1]/ http://[fe80::5efe:7f00:1]/
http://[fe80::200:5efe:127.0.0.1]/ http://[2606:4700::5efe:127.0.0.1]/
http://[2606:4700::5efe:7f00:1]/ http://[2606:4700:0:0:200:5efe:169.254.169.254]/
http://[2606:4700::200:5efe:a9fe:a9fe]/ http://[2606:4700:1:2:0:5efe:a00:1]/
http://[2a00:1450::300:5efe:10.0.0.1]/ http://[2a00:1450::100:5efe:10.0.0.1]/
http://[64:ff9b::127.0.0.1]/ http://[64:ff9b::7f00:1]/ http://[64:ff9b::169.254.169.254]/
http://[64:ff9b::5db8:d822]/ http://[64:ff9b:1::127.0.0.1]/ http://[64:ff9b:1::7f00:1]/
http://[64:ff9b:1:ffff::1]/ http://[64:ff9b:1:a9fe:a9:fe00::]/
http://[0064:ff9b:0000:0000:0000:0000:7f00:0001]/
""")

NAMES = listed("""
http://intranet/ http://printer/ http://db:8080/ http://redis/ http://a/ http://kubernetes/
http://kubernetes.default.svc/ http://kubernetes.default.svc.cluster.local/ http://printer.local/
http://PRINTER.LOCAL/ http://a.b.local/ http://host.docker.internal/
http://gateway.docker.internal/ http://db.internal/ http://ip-10-0-0-1.ec2.internal/
http://wiki.corp/ http://wiki.intranet/ http://nas.lan/ http://nas.home/ http://nas.home.arpa/
http://1.0.0.127.in-addr.arpa/ http://vault.service.consul/ http://a.private/ http://abc.onion/
http://a..example/ http://.example/ http://-a.example/ http://a-.example/ http://a.example-/
http://a.-example/ http://a.b3/ http://a.1/ http://a.0x1/ http://pictures.example.7/
http://a*.example/ http://a,b.example/ http://a;b.example/ http://a!.example/ http://a'.example/
http://a(b).example/ http://a$b.example/ http://a&b.example/ http://a=b.example/
http://a+b.example/ http://a~b.example/ http://pictures.example,/ http://pictures%2eexample/
http://pictures.example%2f.other.example/ http://%00.example/
http://pictures.example%00.other.example/ http://pictures.example%0d%0aHost:x/
http://ÿ.ÿÿÿ\u0300-/ http://xn--a.xn--/ http://☃.example/ http://a\u200d.example/
http://\u0300a.example/ http://a／b.example/ http://a＠b.example/ http://a？b.example/
http://a＃b.example/ http://a：80.example/ http://a℀.example/ http://a％2e.example/ http://℡.example/
""")
NAMES += [
    f"http://{'a' * 64}.example/",
    f"http://{'ü' * 64}.example/",
    f"http://{'a.' * 125}example/",
    f"http://{'ü.' * 400}example/",
]

USERINFO = listed("""
http://user@pictures.example/ http://user:secret@pictures.example/ http://@pictures.example/
http://:@pictures.example/ http://:secret@pictures.example/ http://127.0.0.1@pictures.example/
http://pictures.example@127.0.0.1/ http://pictures.example:80@127.0.0.1/
http://pictures.example%40127.0.0.1/ http://a@b@pictures.example/ http://pictures.example@/
http://[::1]@pictures.example/ http://pictures.example@[::1]/
http://user%3asecret@pictures.example/
""")

QUARRELS = [
    "http://pictures.example\\@127.0.0.1/",
    "http://127.0.0.1\\@pictures.example/",
    "http://pictures.example\\.other.example/",
    "http:\\\\pictures.example\\a.png",
    "http:/\\pictures.example/",
    "http://pictures.example/a\\b.png",
    "http://pictures.example/?a=\\",
    "http://pictures.example/#\\",
    "http://pictures.example#@127.0.0.1/",
    "http://127.0.0.1#@pictures.example/",
    "http://pictures.example?@127.0.0.1/",
    "http://pictures.example#@127.0.0.1",
    "http://pictures.example;@127.0.0.1/",
    "http://pictures.example:80#@127.0.0.1/",
    "http://pictures.example &@127.0.0.1# @other.example/",
    "http://pictures.example:80:80/",
    "http://pictures.example:80,other.example/",
    "http:///pictures.example/",
    "http:////pictures.example/",
    "http:/pictures.example/",
    "http:pictures.example/",
    "http://",
    "http:///",
    "http://?",
    "http://#",
    "http://:80/",
    "http://?pictures.example/",
    "http://#pictures.example/",
    "//pictures.example/",
    "///pictures.example/",
    "/a.png",
    "a.png",
    "pictures.example",
    "pictures.example/a.png",
    "pictures.example:80/a.png",
    "",
    " ",
    "?",
    "#",
    " http://pictures.example/",
    "http://pictures.example/ ",
    "http://pictures.example/a b.png",
    "http://pictures. example/",
    "http ://pictures.example/",
    "\thttp://pictures.example/",
    "ht\ttp://pictures.example/",
    "http://pict\tures.example/",
    "http://pictures.example\t/",
    "http://pict\nures.example/",
    "http://pictures.example\n@127.0.0.1/",
    "http://pictures.example/\n",
    "http://pictures.example/\r\nHost: 127.0.0.1",
    "http://pictures.example/a.png HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "http://pictures.example/\x00",
    "http://pictures.example\x00.other.example/",
    "\x00http://pictures.example/",
    "http://pictures.example/\x1b[0m",
    "http://pictures.example/\x7f",
    "http://pictures.example/\x80",
    "http://pictures.example/\x85",
    "http://pictures.example/\xa0",
    "http://pictures.example/\xad",
    "http://pictures.example/\u2028",
    "http://pictures.example/\u3000",
    "http://pictures.example/\u202egnp.a",
    "http://pictures.example/\ufeff",
    "\ufeffhttp://pictures.example/",
    "http://pictures.example/\ud800",
    "http://\ud800.example/",
    "http://pictures.example\u3000/",
    "http://pictures.example／@127.0.0.1/",
    "http://pictures.example<a>/",
    'http://pictures.example/"',
    "http://pictures.example/<script>",
    "http://pictures.example`/",
    "http://{pictures.example}/",
    "http://pictures.example|other.example/",
    "http://pictures.example^/",
    "http://pictures.example/" + "a" * 2060,
    "http://pictures.example/" + "a" * 2083,
    "http://pictures.example/#" + "a" * 2083,
    "http://pictures.example/" + "ü" * 1000,
    "http://" + "a" * 100_000,
    "x" * 5000,
]

SCHEMES = listed("""
ftp://pictures.example/ ftps://pictures.example/ sftp://pictures.example/ file:///etc/passwd
file://localhost/etc/passwd file:/etc/passwd file://pictures.example/ gopher://pictures.example/_a
dict://pictures.example:80/d:a ldap://pictures.example/ ldaps://pictures.example/
tftp://a.example/ data:image/png;base64,iVBORw0KGgo= data:,a javascript:alert(1)
jar:http://pictures.example!/a netdoc:///etc/passwd ws://pictures.example/ wss://pictures.example/
smb://pictures.example/a ssh://pictures.example/ telnet://pictures.example/
imap://pictures.example/ mailto:a@b.example blob:http://pictures.example/a
view-source:http://pictures.example/ php://filter/resource=a unix:/var/run/docker.sock
http+unix://%2Fvar%2Frun%2Fdocker.sock/ s3://bucket/a about:blank url:http://pictures.example/
httpx://pictures.example/ hTTpss://pictures.example/ ｈttp://pictures.example/
httpſ://pictures.example/ 0http://pictures.example/ ://pictures.example/ http;//pictures.example/
http.//pictures.example/ chrome://settings/
""")

PORTS = listed("""
http://pictures.example:0/ http://pictures.example:1/ http://pictures.example:7/
http://pictures.example:21/ http://pictures.example:22/ http://pictures.example:23/
http://pictures.example:25/ http://pictures.example:53/ http://pictures.example:81/
http://pictures.example:110/ http://pictures.example:111/ http://pictures.example:135/
http://pictures.example:139/ http://pictures.example:143/ http://pictures.example:389/
http://pictures.example:445/ http://pictures.example:465/ http://pictures.example:587/
http://pictures.example:631/ http://pictures.example:993/ http://pictures.example:1433/
http://pictures.example:1521/ http://pictures.example:2049/ http://pictures.example:2375/
http://pictures.example:2376/ http://pictures.example:2379/ http://pictures.example:3000/
http://pictures.example:3306/ http://pictures.example:3389/ http://pictures.example:4443/
http://pictures.example:5000/ http://pictures.example:5432/ http://pictures.example:5601/
http://pictures.example:5672/ http://pictures.example:5900/ http://pictures.example:5984/
http://pictures.example:6379/ http://pictures.example:6443/ http://pictures.example:7001/
http://pictures.example:8000/ http://pictures.example:8008/ http://pictures.example:8081/
http://pictures.example:8444/ http://pictures.example:8500/ http://pictures.example:8888/
http://pictures.example:9000/ http://pictures.example:9042/ http://pictures.example:9090/
http://pictures.example:9200/ http://pictures.example:9300/ http://pictures.example:10250/
http://pictures.example:11211/ http://pictures.example:15672/ http://pictures.example:27017/
http://pictures.example:50000/ http://pictures.example:65535/ http://pictures.example:65536/
http://pictures.example:65616/ http://pictures.example:99999/
http://pictures.example:99999999999999999999/ http://pictures.example:-80/
http://pictures.example:+80/ http://pictures.example:080/ http://pictures.example:0080/
http://pictures.example:80.0/ http://pictures.example:0x50/ http://pictures.example:8e1/
http://pictures.example:80a/ http://pictures.example:a/ http://pictures.example:８０/
http://pictures.example:٨٠/ http://pictures.example:80%20/ http://pictures.example:8_0/
http://pictures.example:80,/ http://pictures.example:%38%30/ http://pictures.example:/
https://pictures.example:/ https://pictures.example:22/ https://pictures.example:6379/
https://pictures.example:444/
""")

TABLE = {
    "loopback": LOOPBACK,
    "this host": THIS_HOST,
    "encoded": ENCODED,
    "private": PRIVATE,
    "metadata": METADATA,
    "special": SPECIAL,
    "IPv6": IPV6,
    "IPv4 inside IPv6": IPV4_INSIDE,
    "names": NAMES,
    "user names": USERINFO,
    "parser quarrels": QUARRELS,
    "schemes": SCHEMES,
    "ports": PORTS,
}
