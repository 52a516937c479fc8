# SPDX-License-Identifier: GPL-3.0-or-later
# Makes of hv-under-test/vmm/svm/svm_entry.S the copy that tests/system/vmm_duties.sh measures: the
# same with a hook at each place where a duty of an exit is done (duties.inc). Without a duty the
# copy is the same machine code; the test checks that.

/^#include "hv-under-test\/vmm\/vcpu.h"$/a\
#include "tests/system/vmm_duties/duties.inc"

# Once, before the guest's state is loaded the first time.
/^ *vmload  *%rax$/i\
        duties_first

# Saved, the argument set: about to jump to the exit's way.
/^ *lea  *-VCPU_EXIT_TSC(%rsp), %rdi$/a\
        duties_exit

# Handled and booked: about to restore and enter.
/^ *book  *f/a\
        duties_entry

s/^\( *full_way light, \)handle_light$/\1handle_duties/
