package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"syscall"
)

// BindError is an address that can't be listened on.
type BindError struct {
	Addr   string // as HAProxy or the caller wrote it
	Reason string // "address already in use", "permission denied", …
}

func (e *BindError) Error() string { return "cannot bind " + e.Addr + ": " + e.Reason }

// CheckPorts tries each address for a moment. It doesn't share ports, as HAProxy does, so it also finds another
// HAProxy there. A port that only this process may not bind is left to HAProxy, whose binary can have a file capability.
func CheckPorts(ctx context.Context, addrs ...netip.AddrPort) error {
	var failed []error
	for _, a := range addrs {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", a.String())
		if errors.Is(err, syscall.EACCES) {
			continue
		}
		if err != nil {
			failed = append(failed, &BindError{Addr: a.String(), Reason: bindReason(err)})
			continue
		}
		l.Close()
	}
	return errors.Join(failed...)
}

func bindReason(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	return err.Error()
}

// bindErrors finds "cannot bind socket (Address already in use) for [127.0.0.1:80]" among alerts.
func bindErrors(alerts []Diagnostic) error {
	form := regexp.MustCompile(`cannot (?:bind|listen to) (?:UNIX )?socket \(([^)]+)\) (?:for )?\[([^\]]+(?:\]:\d+)?)\]`)
	var failed []error
	for _, d := range alerts {
		if m := form.FindStringSubmatch(d.Text); m != nil {
			failed = append(failed, &BindError{Addr: bindAddr(m[2]), Reason: strings.ToLower(m[1])})
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%w", errors.Join(failed...))
}

// bindAddr writes an IPv6 address as everybody but HAProxy does.
func bindAddr(s string) string {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s
	}
	if ip, err := netip.ParseAddr(s[:i]); err == nil && ip.Is6() {
		return "[" + s[:i] + "]" + s[i:]
	}
	return s
}
