package measure

import (
	"time"

	"github.com/hawser-ingress/hawser/bench/stand"
)

// Settle waits until a controller rests after its start: until it uses next to no CPU for some seconds, such as when it
// has written the status of every Ingress. It gives up after a while, as some never rest.
func Settle(c *stand.Controller) error {
	const quiet, limit, span = 3, time.Minute, time.Second
	for begin, row := time.Now(), 0; row < quiet && time.Since(begin) < limit; row++ {
		used, err := spent(c, func() error { time.Sleep(span); return nil })
		if err != nil {
			return err
		}
		if used > span/20 {
			row = -1
		}
	}
	return nil
}
