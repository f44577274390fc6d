package compile_test

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// streams compiles a ConfigMap of TCP ports beside the Service a/db with the port 5432 ("pg") and one endpoint.
func streams(t testing.TB, data map[string]string, o compile.Options) (*model.Model, issue.List) {
	t.Helper()
	settings := snapshot.DefaultSettings()
	settings.TCPServices = types.NamespacedName{Namespace: "hawser", Name: "tcp"}
	objects := snapshot.Objects{
		Services: []*corev1.Service{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "db"},
			Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "pg", Port: 5432}}},
		}},
		EndpointSlices: []*discoveryv1.EndpointSlice{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "db-1", Labels: map[string]string{discoveryv1.LabelServiceName: "db"}},
			Ports:      []discoveryv1.EndpointPort{{Name: new("pg"), Port: new(int32(15432))}},
			Endpoints:  []discoveryv1.Endpoint{{Addresses: []string{"10.0.0.1"}}},
		}},
	}
	if data != nil {
		objects.ConfigMaps = []*corev1.ConfigMap{{ObjectMeta: metav1.ObjectMeta{Namespace: "hawser", Name: "tcp"}, Data: data}}
	}
	var err error
	if o.DefaultCert, err = pki.Example(); err != nil {
		t.Fatal(err)
	}
	snap, _ := snapshot.Build(objects, settings)
	return compile.Compile(snap, o)
}

func TestStreams(t *testing.T) {
	for _, test := range []struct {
		port, value string
		want        string // the stream, its endpoints and the issues
	}{
		{"9000", "a/db:5432", "9000 a/db:5432 false false [10.0.0.1:15432]"},
		{"9000", " a/db:pg ", "9000 a/db:pg false false [10.0.0.1:15432]"},
		{"9000", "a/db:5432:PROXY", "9000 a/db:5432 true false [10.0.0.1:15432]"},
		{"9000", "a/db:5432:proxy:Proxy", "9000 a/db:5432 true true [10.0.0.1:15432]"},
		{"9000", "a/db:5432::PROXY", "9000 a/db:5432 false true [10.0.0.1:15432]"},
		{"9000", "a/db:5433", "9000 a/db:5433 false false []; Connections are closed: the Service a/db has no port 5433."},
		{"9000", "a/none:80", "9000 a/none:80 false false []; Connections are closed: there is no Service a/none."},
		{"9000", "a/db:5432:PROXI", `; The TCP port is closed: "PROXI" is not PROXY.`},
		{"9000", "a/db:5432:PROXY:PROXY:x", `; The TCP port is closed: "a/db:5432:PROXY:PROXY:x" is not namespace/service:port.`},
		{"9000", "db:5432", `; The TCP port is closed: "db:5432" is not namespace/service:port.`},
		{"9000", "a/db", `; The TCP port is closed: "a/db" is not namespace/service:port.`},
		{"9000", "", `; The TCP port is closed: "" is not namespace/service:port.`},
		{"0", "a/db:5432", `; The TCP port is closed: "0" is no port.`},
		{"09000", "a/db:5432", `; The TCP port is closed: "09000" is no port.`},
		{"65536", "a/db:5432", `; The TCP port is closed: "65536" is no port.`},
		{"http", "a/db:5432", `; The TCP port is closed: "http" is no port.`},
		{"80", "a/db:5432", "; The TCP port is closed: HTTP or HTTPS is served there."},
		{"443", "a/db:5432", "; The TCP port is closed: HTTP or HTTPS is served there."},
	} {
		m, issues := streams(t, map[string]string{test.port: test.value}, compile.Options{})
		var got strings.Builder
		for _, s := range m.Streams {
			fmt.Fprintf(&got, "%d %s %t %t [", s.Port, s.Backend, s.AcceptProxy, s.SendProxy)
			for _, e := range m.Backends[0].Endpoints {
				fmt.Fprintf(&got, "%s:%d", e.Addr, e.Port)
			}
			got.WriteString("]")
		}
		for _, i := range issues {
			fmt.Fprintf(&got, "; %s", i.Message)
			if i.Object.String() != "ConfigMap hawser/tcp" || i.Effect != issue.Withheld {
				t.Errorf("%s: %s: the issue is about %s with the effect %s", test.port, test.value, i.Object, i.Effect)
			}
		}
		if got.String() != test.want {
			t.Errorf("%s: %s\n got %s\nwant %s", test.port, test.value, got.String(), test.want)
		}
	}
}

func TestStreamsWithoutConfigMap(t *testing.T) {
	m, issues := streams(t, nil, compile.Options{})
	if len(m.Streams) != 0 || len(issues) != 1 || issues[0].Code != issue.StreamInvalid {
		t.Errorf("streams %v, issues %v", m.Streams, issues)
	}
}

// TestRefusedStream closes the port that can't be listened on and no other.
func TestRefusedStream(t *testing.T) {
	both := map[string]string{"9000": "a/db:5432", "9001": "a/db:5432"}
	m, issues := streams(t, both, compile.Options{Refused: map[issue.Ref]string{model.PortRef(9000): "it is taken"}})
	if len(m.Streams) != 1 || m.Streams[0].Port != 9001 || len(issues) != 1 || issues[0].Field != "9000" || !strings.Contains(issues[0].Message, "it is taken") {
		t.Errorf("streams %v, issues %v", m.Streams, issues)
	}
	if m, issues := streams(t, both, compile.Options{NoStreams: true}); len(m.Streams)+len(m.Backends)+len(issues) != 0 {
		t.Errorf("without streams: %v, %v", m, issues)
	}
}

func FuzzStream(f *testing.F) {
	f.Add("9000", "a/db:5432:PROXY:PROXY")
	f.Add("9000", "a/db::")
	f.Fuzz(func(t *testing.T, port, value string) {
		m, issues := streams(t, map[string]string{port: value}, compile.Options{})
		switch {
		case len(m.Streams) == 0 && len(issues) == 0:
			t.Error("nothing is open, and nobody is told")
		case len(m.Streams) == 1 && fmt.Sprint(m.Streams[0].Port) != port:
			t.Errorf("port %d is open, not %q", m.Streams[0].Port, port)
		}
	})
}
