"""Who works in the tests' homes: name, unit, role."""

AN = ("an", "area-770", "officer")  # the desk of Quận 3, where most tips go
ANH = ("anh", "area-770", "officer")
CHI = ("chi", "area-770", "officer")
BA = ("ba", "area-770", "head")
BINH = ("binh", "area-778", "officer")  # the desk of Quận 7: another one
TRUC = ("truc", "duty", "officer")  # the city duty desk, where late cases climb
TRUC_COORDINATES = ("truc", "duty", "coordinator")
KIEM = ("kiem", "vks-tp", "overseer")
THANH = ("thanh", "px05", "officer")  # receives what accuses a ward's or a district's police
KINH = ("kinh", "pc03", "officer")
QUAN = ("quan", "ttra-tp", "admin")
TOAN = ("toan", "ttra-tp", "auditor")

A_FEW = (AN, BINH, TRUC, KIEM, THANH, KINH)
