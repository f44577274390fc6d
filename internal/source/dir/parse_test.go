package dir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/hawser-ingress/hawser/internal/issue"
)

func TestSplitCutsBetweenDocumentsOnly(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string // line number, colon, text
	}{
		{"", []string{"1:"}},
		{"a: 1", []string{"1:a: 1"}},
		{"---\na: 1\n", []string{"1:---\na: 1\n"}},
		{"a: 1\n---\nb: 1\n--- # c\nd: 1", []string{"1:a: 1\n", "2:---\nb: 1\n", "4:--- # c\nd: 1"}},
		{"a: 1\r\n---\r\nb: 1", []string{"1:a: 1\r\n", "2:---\r\nb: 1"}},
		{"a: |\n  ---\n ---\n----\n---x\n", []string{"1:a: |\n  ---\n ---\n----\n---x\n"}},
		{"a: 1\n---", []string{"1:a: 1\n", "2:---"}},
		{"---\n---\n---\n", []string{"1:---\n", "2:---\n", "3:---\n"}},
		{"%YAML 1.1\n---\na: 1\n---\nb: 1\n", []string{"1:%YAML 1.1\n---\na: 1\n---\nb: 1\n"}},
	} {
		var got []string
		for _, k := range split([]byte(c.in)) {
			got = append(got, fmt.Sprintf("%d:%s", k.line, k.data))
		}
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", c.in, diff)
		}
	}
}

func TestEncodingsOfAFile(t *testing.T) {
	const object = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"
	utf16 := []byte{0xff, 0xfe}
	for _, b := range []byte(object) {
		utf16 = append(utf16, b, 0)
	}
	for name, c := range map[string]struct {
		data    string
		objects int
		line    int // of the only issue
	}{
		"byte order mark":  {"\xef\xbb\xbf" + object, 1, 0},
		"JSON with a mark": {"\xef\xbb\xbf" + `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a"}}`, 1, 0},
		"Windows lines":    {strings.ReplaceAll(object+"---\n"+strings.Replace(object, "a}", "b}", 1), "\n", "\r\n"), 2, 0},
		"UTF-16":           {string(utf16), 1, 0},
		"NUL":              {object + "---\na: \x00\n", 1, 5},
		"no UTF-8":         {object + "---\n# fine\na: \xff\n", 1, 6},
		"end marker":       {object + "...\n---\n" + object[:len(object)-3] + "b}\n", 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c2 := parse("x.yaml", []byte(c.data))
			line := 0
			for _, i := range c2.issues {
				line = i.Object.Line
			}
			if len(c2.objects) != c.objects || line != c.line || c2.broken != (c.line > 0) {
				t.Errorf("%d objects, %v", len(c2.objects), c2.issues)
			}
		})
	}
}

// A file is parsed in parallel parts; what it gives must not depend on them.
func TestParallelPartsKeepTheOrder(t *testing.T) {
	var whole bytes.Buffer
	const n = 1500
	for i := range n {
		whole.WriteString(shop(i))
		if i%500 == 250 {
			whole.WriteString("---\nkind: [\n---\napiVersion: apps/v1\nkind: Deployment\n")
		}
	}
	first := parse("x.yaml", whole.Bytes())
	if len(first.objects) != 3*n || len(first.issues) != 4 || !first.broken {
		t.Fatal(len(first.objects), first.issues)
	}
	lines := bytes.Split(whole.Bytes(), []byte("\n"))
	last := 0
	for _, o := range first.objects {
		if o.line <= last || !bytes.HasPrefix(lines[o.line-1], []byte("apiVersion:")) {
			t.Fatalf("%v is said to stand at line %d", o.key, o.line)
		}
		last = o.line
	}
	second := parse("x.yaml", whole.Bytes())
	if !reflect.DeepEqual(first.issues, second.issues) || !reflect.DeepEqual(first.objects, second.objects) {
		t.Error("the same bytes gave two results")
	}
}

// kubectl's own conversion is the measure of what YAML means.
func FuzzEncodeAgreesWithKubectl(f *testing.F) {
	for _, s := range []string{
		"a: yes\nb: [on, off, y, n, ~, null, '']\n1: 2\ntrue: x\n1.5: y\n",
		"a: &x {b: 1}\nc: {<<: *x, d: 2}\ne: *x\n",
		"a: 0x1F\nb: 0o17\nc: 017\nd: 1_000\ne: 1e3\nf: -0\ng: +1\nh: .5\ni: 12345678901234567890\nj: 0b101\n",
		"a: 2024-01-02\nb: 2024-01-02T03:04:05Z\nc: 12:30:45\nd: \"\\u00e9\\x01\"\n",
		"a: |\n  x\n  y\nb: >\n  x\n  y\nc: 'it''s'\nd: \"q\\\"\\\\\"\n",
		"{a: [1, {b: c}], \"d\": 'e'}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var n yaml.Node
		dec := yaml.NewDecoder(bytes.NewReader(data))
		if dec.Decode(&n) != nil || len(n.Content) != 1 || n.Content[0].Kind != yaml.MappingNode {
			return
		}
		if err := dec.Decode(new(yaml.Node)); err != io.EOF {
			return
		}
		if bytes.Contains(data, []byte("!")) {
			return // tags are refused; a lone "!" can't be told from none
		}
		var e encoder
		if e.value(n.Content[0], "", 0) != nil {
			return // refusing is safe
		}
		var got, want any
		if err := json.Unmarshal(e.buf, &got); err != nil {
			t.Fatalf("no JSON: %v\n%s", err, e.buf)
		}
		theirs, err := sigsyaml.YAMLToJSON(data)
		if err != nil {
			return // kubectl is stricter here
		}
		if err := json.Unmarshal(theirs, &want); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-kubectl +ours):\n%s", data, diff)
		}
	})
}

func TestSecretsAreNeverRepeated(t *testing.T) {
	const secret = "hunter2"
	for _, text := range []string{
		"data: {a: " + secret + "!}", "data: {a: [" + secret + "]}", "data: {a: {" + secret + ": 1}}",
		"stringData: [" + secret + "]", "stringData: {a: 9" + strings.Repeat("8", 30) + "}",
		"type: [" + secret + "]", "data: " + secret, "immutable: " + secret,
		"data: {a: !t " + secret + "}", "data: {a: !!int " + secret + "}", "data: {a: \"" + secret,
		"data: {a: \"\\q" + secret + "\"}", "data:\n  a: " + secret + "\n b: c", "data: {a: @" + secret + "}",
	} {
		c := parse("x.yaml", []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"+text+"\n"))
		if len(c.issues) == 0 {
			t.Errorf("no issue for %q", text)
		}
		if all := printed(t, c.issues); strings.Contains(all, secret) || strings.Contains(all, "88888") {
			t.Errorf("%q gives\n%s", text, all)
		}
	}
}

func TestLongAliasesAreCounted(t *testing.T) {
	text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: &a " + strings.Repeat("x", 1<<20) + "\n"
	for n := range 100 {
		text += fmt.Sprintf("  b%d: *a\n", n)
	}
	c := parse("x.yaml", []byte(text))
	if len(c.objects) != 0 || len(c.issues) != 1 || c.issues[0].Object.Line != 5 {
		t.Error(len(c.objects), c.issues)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("x.yaml", []byte("apiVersion: v1\nkind: List\nitems: [&a {kind: List, apiVersion: v1, items: [*a]}]\n"))
	f.Add("x.yaml", []byte(shop(1)))
	f.Add("x.json", []byte(`{"apiVersion":"v1","kind":"List","items":[{"kind":"Secret","apiVersion":"v1","data":{"a":1}}]}`))
	f.Add("x.yaml", []byte("apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\nsubsets: [{addresses: [{ip: ::1}], ports: [{}]}]\n"))
	f.Add("x.yaml", []byte("apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n"))
	f.Add("x.yaml", []byte("a: &a [*a]\n---\n- <<: {a: *a}\n"))
	f.Add("x.yaml", []byte("apiVersion: networking.k8s.io/v1\nkind: IngressList\nitems:\n- metadata: {name: a, foo: 1, foo: 2}\n"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		c := parse(name, data)
		lines := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) + 1
		for _, o := range c.objects {
			if o.line < 1 || o.key.Name == "" || o.key.Kind == "" {
				t.Errorf("object %v at line %d", o.key, o.line)
			}
		}
		for _, i := range c.issues {
			if i.Message == "" || i.Code == "" || i.Object.Line < 1 || i.Object.Line > lines+8*lines {
				t.Errorf("issue %+v of %d lines", i, lines)
			}
			if i.Severity == issue.Error && !c.broken {
				t.Errorf("an error in a file that counts as good: %+v", i)
			}
		}
		assemble([]*file{{path: name, content: c}})
	})
}
