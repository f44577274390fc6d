// Package leader runs work in one replica at a time, elected by a Lease.
//
// The work of one leader has ended before the Lease is given back, so two never work at once as long as clocks run
// alike. Losing the election never ends the program.
package leader

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
)

// Options name the Lease. All fields are needed.
type Options struct {
	Client    kubernetes.Interface
	Namespace string
	Name      string
	Identity  string        // of this replica, among all others
	TTL       time.Duration // after which a silent leader is replaced
	Log       *slog.Logger
}

// Run campaigns until ctx ends and runs lead while this replica is the leader. The context of lead ends when ctx does
// or the Lease is lost; in the first case the Lease is given back as soon as lead has returned.
func Run(ctx context.Context, o Options, lead func(context.Context)) error {
	for ctx.Err() == nil {
		if err := o.campaign(ctx, lead); err != nil {
			return err
		}
	}
	return nil
}

// campaign returns when the leadership it waited for has ended, or with ctx.
func (o Options) campaign(ctx context.Context, lead func(context.Context)) error {
	holding, release := context.WithCancel(klog.NewContext(context.WithoutCancel(ctx), klog.Logger{}))
	defer release()
	started, ended := make(chan context.Context, 1), make(chan struct{})
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: o.Namespace, Name: o.Name},
			Client:     o.Client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: o.Identity},
		},
		// The proportions of ingress-nginx: two renewals may fail before the Lease ends.
		LeaseDuration: o.TTL, RenewDeadline: o.TTL / 2, RetryPeriod: o.TTL / 4,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(leading context.Context) { started <- leading },
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return fmt.Errorf("elect a leader: %w", err)
	}
	go func() {
		defer close(ended)
		elector.Run(holding)
	}()
	select {
	case <-ctx.Done():
	case <-ended:
	case leading := <-started:
		o.Log.Info("Leading", "lease", o.Namespace+"/"+o.Name, "identity", o.Identity)
		o.work(ctx, leading, lead)
		if ctx.Err() == nil {
			o.Log.Warn("No longer leading", "lease", o.Namespace+"/"+o.Name)
		}
	}
	release()
	<-ended
	return nil
}

// work runs lead until either context ends, and returns after it.
func (o Options) work(ctx, leading context.Context, lead func(context.Context)) {
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(leading, cancel)
	defer stop()
	lead(both)
}
