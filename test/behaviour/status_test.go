package behaviour

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/statuspage"
)

// TestStatusTellsWhatIsLive follows a running Hawser through a change, and asks explain whether it serves what the
// manifests say.
func TestStatusTellsWhatIsLive(t *testing.T) {
	port := freePorts(t, 1)[0]
	admin := "http://127.0.0.1:" + port
	web := Backend("web", Echo(t, "web"))
	s := Start(t, web+Ingress("web", "web.test", "web", nil), "http://web.test/", "--admin-address", "127.0.0.1:"+port, "--reload-interval", "10ms")
	status := func(query string) (v statuspage.View) {
		t.Helper()
		answer, err := http.Get(admin + "/status.json" + query)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if err := json.NewDecoder(answer.Body).Decode(&v); err != nil || answer.StatusCode != 200 {
			t.Fatalf("%s: %d, %v", query, answer.StatusCode, err)
		}
		return v
	}
	v := status("?table=backends")
	if rows := fmt.Sprint(v.Table.Rows...); v.State != statuspage.Live || v.HAProxy.Worker == 0 || v.Table.Total != 1 || !strings.Contains(rows, "ingress:default/web") || !strings.Contains(rows, "state:up") {
		t.Errorf("%+v, %+v", v, v.Table)
	}
	if v := status("?table=changes"); v.Table.Total != 1 || !strings.Contains(fmt.Sprint(v.Table.Rows...), "reasons:[start]") {
		t.Errorf("changes are %+v", v.Table)
	}
	explain := func() string {
		t.Helper()
		_, httpPort, _ := strings.Cut(s.HTTP, ":")
		_, httpsPort, _ := strings.Cut(s.HTTPS, ":")
		out, err := exec.Command(binary(t), "explain", "--manifests", s.file, "--http-port", httpPort, "--https-port", httpsPort, "--admin", admin, "http://web.test/").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if said := explain(); !strings.Contains(said, "Live          yes: "+admin) {
		t.Errorf("explain says\n%s", said)
	}
	// the file changes, and what is live follows
	s.Write(web + Ingress("web", "web.test", "web", []string{"rewrite-target: /new"}) + Ingress("new", "new.test", "web", nil))
	s.Await(func() bool { return s.Status("http://new.test/") == 200 })
	s.Await(func() bool { return status("").Totals.Hosts == 2 })
	if v := status("?table=changes"); v.Table.Total != 2 || !strings.Contains(fmt.Sprint(v.Table.Rows[0]), "rules of a route") {
		t.Errorf("changes are %+v", v.Table)
	}
	if said := explain(); !strings.Contains(said, "Live          yes: ") {
		t.Errorf("after the change explain says\n%s", said)
	}
	answer, err := http.Post(admin+"/status.json", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST is answered with %d", answer.StatusCode)
	}
	for _, public := range []string{s.HTTP} {
		if got := s.Status("http://" + public + "/status"); got != 404 {
			t.Errorf("a public port answers /status with %d", got)
		}
	}
}
