package account

import (
	"errors"
	"os/exec"
	"unsafe"

	"golang.org/x/sys/windows"
)

// family is a command with all processes that it starts: a job, which ends with its handle.
type family struct{ job windows.Handle }

func newFamily(*exec.Cmd) *family { return &family{} }

// started adds the command to the job; without a job the command ends alone.
func (f *family) started(command *exec.Cmd) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return
	}
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err == nil {
		err = f.assign(job, command.Process.Pid)
	}
	if err != nil {
		_ = windows.CloseHandle(job)
		return
	}
	f.job = job
}

func (*family) assign(job windows.Handle, pid int) error {
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid))
	if err != nil {
		return err
	}
	return errors.Join(windows.AssignProcessToJobObject(job, process), windows.CloseHandle(process))
}

// kill ends all processes of the job.
func (f *family) kill() error {
	if f.job == 0 {
		return nil
	}
	return windows.TerminateJobObject(f.job, 1)
}

// end ends what the command left running.
func (f *family) end() error {
	if f.job == 0 {
		return nil
	}
	return windows.CloseHandle(f.job)
}
