/*
 * Copyright 2026-present the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.hopper.hts.events.http;

import java.nio.charset.StandardCharsets;

import com.hopper.hts.events.SessionEvent;
import com.hopper.hts.events.testing.Fuzz;
import com.hopper.hts.events.testing.Hostile;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Provide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tries the answers to a request for a session with hostile input.
 */
class SessionAnswersFuzzTests {

	@Provide
	Arbitrary<byte[]> answers() {
		return Hostile.documents("{\"id\":\"0d3c1a3e-9b0f-4d1f\",\"language\":\"en\"}",
				"{\"id\":\"" + Hostile.SECRET + "\"}");
	}

	@Fuzz
	void idOfASessionCanBeSentOrThereIsNone(@ForAll("answers") byte[] body) {
		String text = new String(body, StandardCharsets.UTF_8);
		String[] id = new String[1];
		Throwable failure = catchThrowable(() -> id[0] = Hostile.call(() -> WebClientHopperSessions.readId(text)));
		assertThat(failure).isNull();
		if (id[0] != null) {
			assertThat(SessionEvent.findSessionIdProblem(id[0])).isNull();
		}
	}

}
