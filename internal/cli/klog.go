package cli

import (
	"flag"
	"log/slog"
	"strconv"

	"github.com/spf13/pflag"
	"k8s.io/klog/v2"
)

// klogFlags are those that every program of Kubernetes has. Of them -v counts; where the log goes is not a choice.
type klogFlags struct{ verbosity int }

func (k *klogFlags) register(f *pflag.FlagSet) {
	f.IntVarP(&k.verbosity, "v", "v", 0, "how much to log: 4 shows what is decided, 6 and more the requests to the API server")
	all := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(all)
	all.VisitAll(func(one *flag.Flag) {
		if f.Lookup(one.Name) == nil {
			f.Var(&unused{value: one.DefValue}, one.Name, "accepted; the log goes to standard error")
			f.Lookup(one.Name).Hidden = true
			if b, ok := one.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
				f.Lookup(one.Name).NoOptDefVal = "true"
			}
		}
	})
}

// level shows client-go's V(n) up to the verbosity, and this program's debug messages from 4 on.
func (k *klogFlags) level() slog.Level { return slog.Level(-k.verbosity) }

// bridge sends what client-go logs to the log of the program.
func (k *klogFlags) bridge(log *slog.Logger) error {
	all := flag.NewFlagSet("klog", flag.ContinueOnError)
	klog.InitFlags(all)
	klog.SetSlogLogger(log)
	return all.Set("v", strconv.Itoa(k.verbosity))
}
