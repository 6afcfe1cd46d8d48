package mailfiles

import "golang.org/x/sys/windows"

// Free returns how many octets the user can add to the volume of a directory. files is 0, since
// Windows does not count them.
func Free(dir string) (octets, files uint64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(path, &octets, nil, nil)
	return octets, 0, err
}
