/* The terminal. */
#include "stage.h"

#include <asm/ioctls.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/termios.h>
#include <linux/magic.h>
#include <linux/stat.h>

#define PTMX_DEVICE 0x502u /* char 5:2 */

/* The container's /dev/ptmx can be anything; only a real pty master may be asked. */
int op_ptpeer(const struct step *op)
{
	int master = FD(op, PTPEER_MASTER), unlock = 0;
	struct statfs fs;
	struct stat st;
	int err = error(SYS(fstatfs, master, &fs));

	if (err == 0)
		err = error(SYS(fstat, master, &st));
	if (err != 0)
		return err;
	if (fs.f_type != DEVPTS_SUPER_MAGIC || !S_ISCHR(st.st_mode) || st.st_rdev != PTMX_DEVICE)
		return EINVAL;
	err = error(SYS(ioctl, master, TIOCSPTLCK, &unlock));
	if (err != 0)
		return err;
	return PUT(op, PTPEER_DST, SYS(ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

int op_winsize(const struct step *op)
{
	struct winsize size = {
		.ws_row = (unsigned short)NUM(op, WINSIZE_ROWS),
		.ws_col = (unsigned short)NUM(op, WINSIZE_COLS),
	};

	return error(SYS(ioctl, FD(op, WINSIZE_FD), TIOCSWINSZ, &size));
}
