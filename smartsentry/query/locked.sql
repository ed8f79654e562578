-- What keeps a client in the warehouse that is not ours to start, such as Harlequin: no other file,
-- no extension, and no way back.
set enable_external_access = false;
set lock_configuration = true;
