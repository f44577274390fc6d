package runtime

import (
	"fmt"
	"strings"
	"testing"
)

const statHeader = "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,ereq,status,weight,type,rate,hrsp_1xx,hrsp_2xx,hrsp_5xx,hrsp_other,addr,mode,qtime,ttime_max,last_chk,\n"

func TestStatRowsDoNotLeakIntoEachOther(t *testing.T) {
	got, err := parseStats(statHeader +
		"web,FRONTEND,,,3,4,100,50,11,12,7,OPEN,,0,1,0,40,9,1,,http,,,,\n" +
		"web,sock-1,,,3,4,100,50,11,12,7,OPEN,,3,,,,,,,,,,,\n" +
		"b,s1,1,2,3,4,,6,7,8,,UP 1/2,9,2,1,0,5,6,0,127.0.0.1:1,http,15,16,\"a, \"\"quoted\"\" word\",\n" +
		"b,BACKEND,0,0,0,0,10,0,0,0,,DOWN,0,1,0,0,0,0,0,,http,0,0,,\n\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []Stat{
		{Kind: FrontendStat, Proxy: "web", Mode: "http", Status: "OPEN", SessionsNow: 3, SessionsMax: 4, SessionsLimit: 100,
			SessionsTotal: 50, SessionRate: 1, BytesIn: 11, BytesOut: 12, RequestErrors: 7, Responses: [6]int64{1, 0, 40, 0, 0, 9}},
		{Kind: ServerStat, Proxy: "b", Server: "s1", Mode: "http", Status: "UP 1/2", Addr: "127.0.0.1:1", QueueNow: 1, QueueMax: 2,
			SessionsNow: 3, SessionsMax: 4, SessionsTotal: 6, SessionRate: 1, BytesIn: 7, BytesOut: 8, Weight: 9,
			Responses: [6]int64{0, 0, 5, 0, 0, 6}, QueueTime: 15, TotalTimeMax: 16},
		{Kind: BackendStat, Proxy: "b", Mode: "http", Status: "DOWN", SessionsLimit: 10},
	}
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

func TestStatsThatCanNotBeReadAreAnError(t *testing.T) {
	for _, reply := range []string{
		"", "x", "# a,b\n", statHeader + "short,row\n", statHeader + strings.Repeat("x,", 23) + "\n",
		statHeader + "b,s1,one,2,3,4,,6,7,8,,UP,9,2,1,0,5,6,0,127.0.0.1:1,http,15,16,,\n",
	} {
		if got, err := parseStats(reply); err == nil {
			t.Errorf("%q: %+v", reply, got)
		}
	}
}

func BenchmarkParseStats(b *testing.B) {
	var text strings.Builder
	text.WriteString(statHeader)
	for i := range 40000 {
		fmt.Fprintf(&text, "backend-%d,s1,1,2,3,4,,6,7,8,,UP 1/2,9,2,1,0,5,6,0,127.0.0.1:1,http,15,16,,\n", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseStats(text.String()); err != nil {
			b.Fatal(err)
		}
	}
}
