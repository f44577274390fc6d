package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// checkDelay is how long HAProxy may go on after the context of a check has ended.
const checkDelay = time.Second

// Check asks HAProxy whether it would take the file, without starting it: a *RefusedError says what it would not. The
// warnings, or all messages of a refusal, are returned. Ports are not tried. It runs where a started HAProxy does.
func Check(ctx context.Context, binary, file string) ([]Diagnostic, error) {
	paths, binary, err := absolute(Paths{Config: file}, binary)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, binary, "-c", "-f", paths.Config)
	cmd.Dir = filepath.Dir(paths.Config)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = checkDelay
	err = cmd.Run()
	log := ParseLog(out.String())
	if err == nil {
		return warningsOf(log), nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("check configuration: %w", context.Cause(ctx))
	}
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		return nil, fmt.Errorf("check configuration: %w", err)
	}
	alerts := alertsOf(log)
	if len(alerts) == 0 {
		return log, fmt.Errorf("check configuration: %w%s", err, list(log))
	}
	return log, &RefusedError{Alerts: alerts}
}

func warningsOf(all []Diagnostic) []Diagnostic {
	var out []Diagnostic
	for _, d := range all {
		if d.Level == Warning || d.Level == Alert {
			out = append(out, d)
		}
	}
	return out
}
