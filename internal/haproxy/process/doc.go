// Package process owns one HAProxy in master-worker mode: it starts it, reloads it, drains it, and starts it again when
// it dies.
//
// A reload is a success only when a new worker answers on the runtime socket; otherwise the old one goes on and the
// caller gets HAProxy's own words with file and line. HAProxy never outlives the program that owns it, and a port that
// is taken, a configuration that is refused or a crash is always reported, never retried in silence.
//
// # What the configuration must say
//
// The caller writes the configuration. Its global section has to hold
//
//	stats socket <Paths.Runtime> mode 600 level admin expose-fd listeners
//	maxconn <MaxConn(...)>
//
// and, when the access log is wanted, "log stdout format raw …". Further:
//   - no "daemon", "pidfile", "chroot", "user" or "group": the process stays in the foreground as who started it;
//   - no "master-worker" with "no-exit-on-failure": a worker that crashes must end its master, which is started anew;
//   - "hard-stop-after" bounds how long an old worker serves its last connections, "mworker-max-reloads" how many of
//     them there may be;
//   - "tune.bufsize" as in Options.BufSize, the limit for what goes through the runtime socket;
//   - maxconn must be written: without it 2.6 sizes its tables by the hard limit of files, which can be a thousand
//     million in a container.
//
// The master's socket is given on the command line ("-S") and is not part of the configuration.
package process
