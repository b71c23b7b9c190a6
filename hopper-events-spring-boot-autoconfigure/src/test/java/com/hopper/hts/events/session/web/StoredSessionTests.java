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

package com.hopper.hts.events.session.web;

import java.io.ByteArrayInputStream;
import java.io.ObjectInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

import com.hopper.hts.events.session.HopperSessionContext;
import org.junit.jupiter.api.Test;

import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the session is read that every version so far has kept in the HTTP session.
 * Nothing in {@code resources/stored} may ever be changed.
 */
class StoredSessionTests {

	@Test
	void keptSessionIsRead() throws Exception {
		String kept = new ClassPathResource("stored/http-session.base64").getContentAsString(StandardCharsets.US_ASCII);
		HopperSessionContext context = HopperSessionContext.create();
		try (ObjectInputStream in = new ObjectInputStream(
				new ByteArrayInputStream(Base64.getMimeDecoder().decode(kept)))) {
			KeptSession.restore(in.readObject(), context);
		}
		assertThat(context.sessionId()).isEqualTo("session-1");
		assertThat(context.origin()).isEqualTo(HopperSessionContext.Origin.HTTP_SESSION);
		assertThat(context.cfarOfferIds()).containsExactly("offer-1", "offer-2");
		assertThat(context.dgOfferIds()).containsExactly("offer-3");
	}

}
