package mailfiles

import "golang.org/x/sys/windows"

// Free returns what the volume of a folder has left for us, in octets. It does not count files.
func Free(dir string) (octets, files uint64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(path, &octets, nil, nil)
	return octets, 0, err
}
