package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// fulldiskScenario fills the file system of a service up bit by bit. The service must neither die nor
// accept anything twice, and go on when there is room again.
func fulldiskScenario(ctx context.Context, given settings) (tally, error) {
	return runFullDisk(ctx, given, fullDisk{})
}

// fullstopScenario asks the service to end while its disk is full, in place of killing it.
func fullstopScenario(ctx context.Context, given settings) (tally, error) {
	return runFullDisk(ctx, given, fullDisk{asked: true})
}

// burstScenario takes all the room at one stroke.
func burstScenario(ctx context.Context, given settings) (tally, error) {
	return runFullDisk(ctx, given, fullDisk{burst: true})
}

func runFullDisk(ctx context.Context, given settings, d fullDisk) (tally, error) {
	m, err := newMachine(given.directory, 256<<20)
	if err != nil {
		return tally{}, err
	}
	defer m.release()
	c, err := newCampaign(ctx, given, powerSite{m})
	if err != nil {
		return tally{}, err
	}
	d.campaign, d.machine = c, m
	s, err := c.start(ctx)
	if err != nil {
		return c.tally, err
	}
	defer func() { s.kill() }()
	for round := range c.points {
		begun := time.Now()
		if s, err = d.round(ctx, s, round); err != nil {
			crash := fmt.Errorf("round %d: %w", round+1, err)
			s, err = d.recover(ctx, s)
			return c.tally, errors.Join(crash, err, c.tally.err())
		}
		c.progress("round %d of %d: %d sent, %d accepted, %d refused on a full disk; sent again %d times: %d accepted (%s)",
			round+1, c.points, c.tally.sent, c.tally.accepted, c.tally.refused, c.tally.again, c.tally.twice, time.Since(begun).Round(time.Millisecond))
	}
	return c.tally, c.tally.err()
}

// fullDisk is a campaign whose service has a disk that fills up.
type fullDisk struct {
	*campaign
	machine *machine
	burst   bool // it fills up at one stroke
	asked   bool // on a full disk the service is asked to end, not killed
}

const (
	ballast = "ballast"
	// claimsGoOn ends what the store says of a full disk.
	claimsGoOn = "claims go on by themselves\n"
)

// round fills the disk under load, and makes room again: in turn while the service runs, and after it
// has ended.
func (d *fullDisk) round(ctx context.Context, s *service, round int) (*service, error) {
	if err := d.fillUnderLoad(s); err != nil {
		return s, err
	}
	if err := d.checkFull(ctx, s); err != nil {
		return s, err
	}
	if round%2 == 1 {
		var err error
		if s, err = d.endOnFull(ctx, s); err != nil {
			return s, err
		}
	} else if err := os.Remove(d.machine.path(ballast)); err != nil {
		return s, err
	}
	sent, err := awaitAcceptance(s, d.signer, maxFloor)
	d.count(sent)
	if err != nil {
		return s, fmt.Errorf("after room has come back: %w", err)
	}
	if err := d.replayAll(ctx, s); err != nil {
		return s, err
	}
	return s, s.running()
}

// recover makes room after a service has died, and sends all again even so.
func (d *fullDisk) recover(ctx context.Context, s *service) (*service, error) {
	if s.dying() == nil {
		return s, nil
	}
	if out, err := d.machine.do("rm", "-f", filepath.Join(d.machine.mount, ballast)); err != nil {
		return s, fmt.Errorf("making room: %w: %s", err, out)
	}
	again, err := d.start(ctx)
	if err != nil {
		return s, err
	}
	before := d.tally
	err = d.replayAll(ctx, again)
	d.progress("after the service had died, what had been accepted was sent again %d times: %d accepted",
		d.tally.again-before.again, d.tally.twice-before.twice)
	return again, err
}

// fillUnderLoad has the disk filled to its last block while requests come in, and as many more come
// in after that.
func (d *fullDisk) fillUnderLoad(s *service) error {
	share := int64(max(1, d.requests/d.points/2))
	l := &load{service: s, signer: d.signer, next: &d.next, until: d.next.Load() + share, refusals: true, pause: time.Millisecond}
	l.begin()
	sent, err := l.during(false, func() error {
		if err := d.fill(); err != nil {
			return err
		}
		for until := d.next.Load() + share; d.next.Load() < until && s.running() == nil && !l.failed(); {
			time.Sleep(time.Millisecond)
		}
		return s.running()
	})
	d.count(sent)
	return err
}

// fill allocates what is free, down to the last block: in steps of 1 MiB with some time for claims in
// between, or at once.
func (d *fullDisk) fill() error {
	file, err := os.Create(d.machine.path(ballast))
	if err != nil {
		return err
	}
	defer file.Close()
	step := int64(1 << 20)
	if d.burst {
		step = 256 << 20
	}
	for size := int64(0); step >= 512; {
		switch err := syscall.Fallocate(int(file.Fd()), 0, size, step); {
		case err == nil:
			size += step
		case errors.Is(err, syscall.ENOSPC):
			step /= 2
		case !errors.Is(err, syscall.EINTR):
			return fmt.Errorf("filling the disk: %w", err)
		}
		if !d.burst {
			time.Sleep(time.Millisecond)
		}
	}
	var now syscall.Statfs_t
	if err := syscall.Fstatfs(int(file.Fd()), &now); err != nil {
		return err
	}
	if free := int64(now.Bavail) * now.Bsize; free > 1<<20 {
		return fmt.Errorf("%d bytes of the disk are still free", free)
	}
	return nil
}

// checkFull expects fresh requests to be refused for the disk alone, and all others as replays.
func (d *fullDisk) checkFull(ctx context.Context, s *service) error {
	conn, err := dial(s.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	for way := range waysCount {
		req, err := d.signer.sign(way)
		if err != nil {
			return err
		}
		if err := conn.send(req.text); err != nil {
			return err
		}
		got, err := conn.receive()
		if err != nil {
			return err
		}
		if got.status != http.StatusServiceUnavailable || got.belowFloor() {
			return fmt.Errorf("on a full disk a fresh request was answered %s", got)
		}
	}
	low, err := s.logged("reason=disk_low")
	if err != nil {
		return err
	}
	unavailable, err := s.logged("status=503")
	if err != nil {
		return err
	}
	if low < int(waysCount) || low != unavailable {
		return fmt.Errorf("of %d requests that were answered 503, the service refused %d for its disk:\n%s", unavailable, low, s.tail())
	}
	return d.replayAll(ctx, s)
}

// endOnFull ends the service, which must say why it does not start on a full disk, and starts it when
// there is room again.
func (d *fullDisk) endOnFull(ctx context.Context, s *service) (*service, error) {
	if d.asked {
		// It may say that it could not close its store, but must not crash.
		if err := s.stop(); err != nil && !strings.HasSuffix(err.Error(), claimsGoOn) {
			return s, err
		}
	}
	s.kill()
	d.tally.ends++
	if again, err := d.start(ctx); err == nil {
		return again, errors.New("the service starts on a full disk")
	} else if !errors.Is(err, errEnded) || !strings.Contains(err.Error(), "too little free disk space") {
		return s, fmt.Errorf("on a full disk: %w", err)
	}
	if out, err := d.machine.do("rm", filepath.Join(d.machine.mount, ballast)); err != nil {
		return s, fmt.Errorf("making room: %w: %s", err, out)
	}
	again, err := d.start(ctx)
	if err != nil {
		return s, err
	}
	return again, nil
}
