package relay

func (s *Server) closeAdmin() {}
