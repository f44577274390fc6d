package runtime

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// StatKind says what a row of "show stat" counts; the values are HAProxy's and add up to a selection.
type StatKind int

const (
	FrontendStat StatKind = 1
	BackendStat  StatKind = 2
	ServerStat   StatKind = 4
)

// Stat is one row of "show stat". Times are averages of the last 1024 requests in milliseconds. What HAProxy leaves
// empty for a kind of row is 0.
type Stat struct {
	Kind   StatKind
	Proxy  string
	Server string // of a ServerStat
	Mode   string
	Status string // OPEN, UP, DOWN, MAINT, DRAIN, "no check", "UP 1/3", …
	Addr   string // of a ServerStat

	SessionsNow, SessionsMax, SessionsLimit, SessionsTotal int64
	SessionRate, ConnTotal                                 int64
	QueueNow, QueueMax                                     int64
	BytesIn, BytesOut                                      int64
	RequestsTotal, RequestRate                             int64
	Responses                                              [6]int64 // other, 1xx, 2xx, … 5xx
	DeniedRequests, DeniedResponses                        int64
	RequestErrors, ConnectErrors, ResponseErrors           int64
	Retries, Redispatches                                  int64
	ClientAborts, ServerAborts, InternalErrors             int64
	Connects, Reuses, UsedConns, IdleConns                 int64
	Weight, ActiveServers, BackupServers                   int64
	ChecksFailed, ChecksDown, LastChange, Downtime         int64
	QueueTime, ConnectTime, ResponseTime, TotalTime        int64
	QueueTimeMax, ConnectTimeMax                           int64
	ResponseTimeMax, TotalTimeMax                          int64
	TLSSessions, TLSResumed, TLSFailed                     int64
}

// numbers binds the columns to fields; the one place that names them.
func (s *Stat) numbers() []column {
	return []column{
		{"scur", &s.SessionsNow}, {"smax", &s.SessionsMax}, {"slim", &s.SessionsLimit}, {"stot", &s.SessionsTotal},
		{"rate", &s.SessionRate}, {"conn_tot", &s.ConnTotal}, {"qcur", &s.QueueNow}, {"qmax", &s.QueueMax},
		{"bin", &s.BytesIn}, {"bout", &s.BytesOut}, {"req_tot", &s.RequestsTotal}, {"req_rate", &s.RequestRate},
		{"hrsp_other", &s.Responses[0]}, {"hrsp_1xx", &s.Responses[1]}, {"hrsp_2xx", &s.Responses[2]},
		{"hrsp_3xx", &s.Responses[3]}, {"hrsp_4xx", &s.Responses[4]}, {"hrsp_5xx", &s.Responses[5]},
		{"dreq", &s.DeniedRequests}, {"dresp", &s.DeniedResponses},
		{"ereq", &s.RequestErrors}, {"econ", &s.ConnectErrors}, {"eresp", &s.ResponseErrors},
		{"wretr", &s.Retries}, {"wredis", &s.Redispatches},
		{"cli_abrt", &s.ClientAborts}, {"srv_abrt", &s.ServerAborts}, {"eint", &s.InternalErrors},
		{"connect", &s.Connects}, {"reuse", &s.Reuses}, {"used_conn_cur", &s.UsedConns}, {"idle_conn_cur", &s.IdleConns},
		{"weight", &s.Weight}, {"act", &s.ActiveServers}, {"bck", &s.BackupServers},
		{"chkfail", &s.ChecksFailed}, {"chkdown", &s.ChecksDown}, {"lastchg", &s.LastChange}, {"downtime", &s.Downtime},
		{"qtime", &s.QueueTime}, {"ctime", &s.ConnectTime}, {"rtime", &s.ResponseTime}, {"ttime", &s.TotalTime},
		{"qtime_max", &s.QueueTimeMax}, {"ctime_max", &s.ConnectTimeMax},
		{"rtime_max", &s.ResponseTimeMax}, {"ttime_max", &s.TotalTimeMax},
		{"ssl_sess", &s.TLSSessions}, {"ssl_reused_sess", &s.TLSResumed}, {"ssl_failed_handshake", &s.TLSFailed},
	}
}

type column struct {
	name string
	into *int64
}

// Stats reads the counters of the selected kinds.
func (c *Client) Stats(ctx context.Context, kinds StatKind) ([]Stat, error) {
	cmd := command("show", "stat", "-1", strconv.Itoa(int(kinds)), "-1").confirmedBy(says("# pxname,svname,"))
	return one(ctx, c, cmd, parseStats)
}

func parseStats(reply string) ([]Stat, error) {
	reply, ok := strings.CutPrefix(reply, "# ")
	if !ok {
		return nil, fmt.Errorf("%w: no header", ErrMalformed)
	}
	in := csv.NewReader(strings.NewReader(reply))
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	at := make(map[string]int, len(header))
	for i, name := range header {
		at[name] = i
	}
	for _, name := range []string{"pxname", "svname", "type", "status", "stot"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("%w: no column %q", ErrMalformed, name)
		}
	}
	r := newStatReader(at)
	var out []Stat
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
		if err := r.read(row); err != nil {
			return nil, err
		}
		if r.stat.Kind != 0 {
			out = append(out, r.stat)
		}
	}
}

// statReader reads all rows into one Stat: a list of 10,000 backends has 40,000 rows, and finding the columns anew for
// each would cost more than the rest.
type statReader struct {
	at      map[string]int
	stat    Stat
	columns []column
	indexes []int
}

func newStatReader(at map[string]int) *statReader {
	r := &statReader{at: at}
	for _, c := range r.stat.numbers() {
		if i, ok := at[c.name]; ok {
			r.columns, r.indexes = append(r.columns, c), append(r.indexes, i)
		}
	}
	return r
}

// read leaves a Stat of no kind for a row of a listener.
func (r *statReader) read(row []string) error {
	r.stat = Stat{}
	kind := row[r.at["type"]]
	switch kind {
	case "0":
		r.stat.Kind = FrontendStat
	case "1":
		r.stat.Kind = BackendStat
	case "2":
		r.stat.Kind, r.stat.Server, r.stat.Addr = ServerStat, r.text(row, "svname"), r.text(row, "addr")
	case "3":
		return nil
	default:
		return fmt.Errorf("%w: row of type %q", ErrMalformed, shorten(kind))
	}
	r.stat.Proxy, r.stat.Mode, r.stat.Status = r.text(row, "pxname"), r.text(row, "mode"), r.text(row, "status")
	for n, i := range r.indexes {
		if row[i] == "" {
			continue
		}
		v, err := strconv.ParseInt(row[i], 10, 64)
		if err != nil {
			return fmt.Errorf("%w: %q in column %q", ErrMalformed, shorten(row[i]), r.columns[n].name)
		}
		*r.columns[n].into = v
	}
	return nil
}

// text copies a field: one row's text must not keep the whole reply alive.
func (r *statReader) text(row []string, name string) string {
	if i, ok := r.at[name]; ok {
		return strings.Clone(row[i])
	}
	return ""
}
