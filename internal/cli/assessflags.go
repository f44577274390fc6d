package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/hawser-ingress/hawser/internal/assess"
)

// judge tells what becomes of each argument of ingress-nginx: the flags of run decide.
func judge(args []string) []assess.Flag {
	f := newRun(Streams{}).Flags()
	var out []assess.Flag
	for n := 0; n < len(args); n++ {
		name, value, given := strings.Cut(strings.TrimLeft(args[n], "-"), "=")
		if !strings.HasPrefix(args[n], "-") || name == "" {
			out = append(out, assess.Flag{Name: args[n], Outcome: assess.Difference, Message: "It is no flag; Hawser takes no other arguments and would not start."})
			continue
		}
		flag := f.Lookup(name)
		if flag == nil && len(name) == 1 {
			flag = f.ShorthandLookup(name)
		}
		if flag == nil {
			out = append(out, assess.Flag{Name: name, Value: value, Outcome: assess.Difference, Message: "Hawser does not know the flag and would not start; take it away."})
			continue
		}
		if !given && flag.NoOptDefVal != "" {
			value = flag.NoOptDefVal
		} else if !given && n+1 < len(args) {
			n++
			value = args[n]
		}
		out = append(out, outcome(flag, value))
	}
	slices.SortStableFunc(out, func(a, b assess.Flag) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func outcome(flag *pflag.Flag, value string) assess.Flag {
	out := assess.Flag{Name: flag.Name, Value: shown(flag.Name, value), Outcome: assess.Served}
	if err := flag.Value.Set(value); err != nil {
		out.Outcome, out.Message = assess.Difference, fmt.Sprintf("Hawser would not start: %v.", err)
		return out
	}
	if u, ok := flag.Value.(*unused); ok {
		if c := compatOf(flag.Name); u.value != c.value {
			out.Outcome, out.Message = assess.Ignored, "It has no effect: "+c.why+"."
		}
	}
	if why := differing()[flag.Name]; why != "" && flag.Value.String() != flag.DefValue {
		out.Outcome, out.Message = assess.Difference, why
	}
	return out
}

func compatOf(name string) compatFlag {
	for _, c := range compatFlags() {
		if c.name == name {
			return c
		}
	}
	return compatFlag{}
}

// differing are flags of ingress-nginx that do something else here.
func differing() map[string]string {
	return map[string]string{
		"metrics-per-host":      "It is about the figures of --metrics-compat ingress-nginx alone; Hawser's own have their labels always.",
		"report-status-classes": "It is about the figures of --metrics-compat ingress-nginx alone; Hawser's own have classes of statuses always.",
		"sync-rate-limit":       "It limits reloads only; most changes need none and are live at once.",
	}
}

// own are flags of a pod that say nothing to somebody outside of it.
func own(name string) bool {
	switch name {
	case "kubeconfig", "apiserver-host", "certificate-authority", "topology-zone":
		return true
	default:
		return false
	}
}

// inherit sets the flags of the workload that this command has, too, unless the command line sets them.
func inherit(list []assess.Flag, f *pflag.FlagSet) error {
	for _, given := range list {
		flag := f.Lookup(given.Name)
		if flag == nil || flag.Changed || own(given.Name) || given.Outcome == assess.Difference {
			continue
		}
		if err := flag.Value.Set(given.Value); err != nil {
			return fmt.Errorf("take over --%s: %w", given.Name, err)
		}
	}
	return nil
}
